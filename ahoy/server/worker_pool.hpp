#pragma once
#include <ahoy/connection/renewable_security.hpp>
#include <ahoy/server/kept_workers.hpp>
#include <ahoy/server/own_workers.hpp>

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace ahoy::inline v0 {

/// The workers of the models process and thread, and of event with several loops: started for each caller, or
/// kept. Callers come to them from the server's own loop, which accepts, and which says farewell. Belongs to
/// the thread of its engine.
class worker_pool {
 public:
  /// To be made before the server opens anything: a process keeps what is open now, and nothing of what the
  /// server opens for others.
  /// `renewed` says when `options.tls` was.
  worker_pool(engine& by, handler& how, const server_options& options,
              const renewable_security* renewed = nullptr);

  /// A descriptor that is open already, and no worker's: before start().
  void hide_from_workers(int descriptor) noexcept { std::erase(as_.kept, descriptor); }
  /// Starts those that are kept. Throws error.
  void start() { kept_.start(); }
  /// Entrusts a caller to a worker, who speaks TLS with an entrusted_caller. Throws error where the system
  /// has no more workers or descriptors: then the caller has not been served. `peer` must outlive what is
  /// returned.
  [[nodiscard]] std::shared_ptr<assignment> engage(connection& peer);
  /// Has the worker serve the caller to its end, and says how that was; where callers meet the handler runs
  /// here, and the worker carries what it and the caller say. A stop of the context cuts. Throws error as
  /// engage() does.
  task<std::string> serve(std::shared_ptr<assignment> by, connection& peer);
  /// From now on no caller is heard any more.
  task<> end_receiving();
  /// Waits for the end of all workers. Nobody may be served any more. May be made ahead, and needs no memory
  /// then.
  task<> close();

 private:
  struct carrying;
  void renew_processes();
  std::shared_ptr<assignment> entrust(order what);
  std::unique_ptr<worker> start_kept(fd wire);
  task<outcome> see_through(assignment& job);
  task<std::string> see_to_the_end(std::shared_ptr<assignment> job);
  task<> carry_and_notify(std::shared_ptr<assignment> job, carrying& how);
  task<> until_agreed(assignment& by, carrying& how);
  task<std::string> serve_here(std::shared_ptr<assignment> by, connection& peer);
  task<std::string> serve_through(fd end, connection& peer);
  task<> cut(assignment& job);

  engine& by_;
  handler& how_;
  const server_options& options_;
  const renewable_security* renewed_;
  start_of_process as_;
  kept_workers kept_;
  std::optional<own_workers> own_;  // where none are kept
  std::vector<std::shared_ptr<assignment>> under_way_;
  std::uint64_t last_job_ = 0;
  std::uint64_t renewals_ = 0;  // of TLS, that processes which are kept have seen
  bool hears_nobody_ = false;
};

}  // namespace ahoy::inline v0
