#pragma once
#include <ahoy/server/handler.hpp>
#include <ahoy/server/options.hpp>
#include <ahoy/server/wire.hpp>
#include <ahoy/task/scope.hpp>

#include <memory>
#include <string>
#include <vector>

namespace ahoy::inline v0 {

/// A thread or a process that serves callers, as its server sees it.
class worker {
 public:
  virtual ~worker() = default;
  /// After its wire has ended: waits for its end. How that was, in words; empty where it was as it should be.
  virtual task<std::string> reap() = 0;
  /// Makes an end of one that does not end by itself, where that can be done.
  virtual void kill() noexcept {}
};

/// The workers of the models process and thread, and of event with several loops: started for each caller, or
/// kept. Callers come to them from the server's own loop, which accepts, and which says farewell. Belongs to
/// the thread of its engine.
class worker_pool {
 public:
  struct member;

  /// To be made before the server opens anything: a process keeps what is open now, and nothing of what the
  /// server opens for others.
  worker_pool(engine& by, handler& how, const server_options& options);

  /// Starts those that are kept. Throws error.
  void start();
  /// A worker that takes one more caller. Throws error where the system has no more.
  [[nodiscard]] std::shared_ptr<member> engage();
  /// Has it serve the caller to its end, and says how that was. A stop of the context cuts. Throws error
  /// where the system has no more descriptors: then the caller has not been served.
  task<std::string> serve(std::shared_ptr<member> by, connection& peer);
  /// The same, but the handler runs here: the worker carries what it and the caller say.
  task<std::string> serve_here(std::shared_ptr<member> by, connection& peer);
  /// From now on no caller is heard any more.
  task<> end_receiving();
  /// Waits for the end of all workers. Nobody may be served any more.
  task<> close();

 private:
  struct assignment;
  class engagement;
  std::shared_ptr<member> hire();
  void dismiss(member& whom) noexcept;
  void release(member& whom) noexcept;
  task<> attend(std::shared_ptr<member> to);
  void bury(const std::shared_ptr<member>& gone, const std::string& why);
  task<std::string> see_through(std::shared_ptr<member> by, order what);
  task<> carry(std::shared_ptr<member> by, order what, std::string& why);
  task<std::string> carry_here(std::shared_ptr<member> by, order what, fd end, connection& peer);
  task<std::string> serve_through(fd end, connection& peer);
  task<> cut(member& by, std::uint64_t number, assignment& job);
  task<> tell(member& whom, const order& what);
  task<> tell_to_finish(std::shared_ptr<member> whom, std::uint64_t number);
  task<> until_all_are_gone();

  engine& by_;
  handler& how_;
  const server_options& options_;
  std::vector<int> kept_;  // descriptors that a process may have
  context apart_;          // workers are waited for whatever becomes of the server
  scope attendants_{apart_};
  std::vector<std::shared_ptr<member>> members_;
  event changed_;
  std::uint64_t last_job_ = 0;
  bool hears_nobody_ = false;
};

}  // namespace ahoy::inline v0
