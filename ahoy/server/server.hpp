#pragma once
#include <ahoy/address/endpoint.hpp>
#include <ahoy/connection/renewable_security.hpp>
#include <ahoy/server/callers.hpp>
#include <ahoy/server/handler.hpp>
#include <ahoy/server/listening_socket.hpp>
#include <ahoy/server/observer.hpp>
#include <ahoy/server/options.hpp>
#include <ahoy/server/server_rules.hpp>

#include <atomic>
#include <memory>
#include <mutex>
#include <string_view>
#include <vector>

namespace ahoy::inline v0 {

class server_run;

/// Answers callers on any number of endpoints with one handler, under a model that is chosen at run time:
///
///   ahoy::server{"tcp://:23456", echo{}}.run();
///
/// run() returns after stop(), or with `once` after the first caller. A name is bound at every address that
/// it has.
class server {
 public:
  /// Throws error where the endpoint cannot be read. Nothing is opened yet.
  template <class Handler>
  server(std::string_view on, Handler how, server_options options = {})
      : server{std::vector<endpoint>{endpoint::parse_for_listen(on)}, make_handler(std::move(how)),
               std::move(options)} {}
  server(std::vector<endpoint> on, std::unique_ptr<handler> how, server_options options = {});
  ~server();

  /// Told what happens; must outlive the server. Set it before run().
  void set_observer(observer& told) noexcept { observer_ = &told; }

  /// Serves on an engine of its own, on the calling thread, to the end. Throws error where it cannot listen.
  void run();
  /// The same as a task beside others on an engine that runs already.
  task<> serve(engine& by);
  /// Stops accepting, tells the handlers that no more comes, lets them finish what they send, and cuts who
  /// still talks when `drain` has passed. May be called from any thread and from a signal handler; a second
  /// call cuts at once.
  void stop() noexcept;

  /// From now on these rules hold: for whoever is accepted, or for datagrams is new, after this has returned.
  /// Who is here stays, even who would not be let in any more. From any thread.
  void reload(server_rules next);

  /// Before run(): the endpoint of that number is not opened, but served by this socket; there may be several
  /// for one endpoint.
  void inherit(inherited_socket opened) { inherited_.push_back(std::move(opened)); }
  /// What is listened on, to be inherited by another server. For the thread that runs the server, from
  /// observer::bound() on.
  [[nodiscard]] std::vector<listening_socket> listening() const;
  /// Somebody else serves from now on what was listened on: nobody is accepted any more, and socket files
  /// stay. Who is here goes on as before for `drain`; then, or at stop(), the server ends as by stop(). Peers
  /// of datagrams are heard no more: what they say next goes to the other. May be called from any thread and
  /// from a signal handler.
  void retire() noexcept;

  /// When the time is over in which those who are here may finish; no_deadline until it is known. For the
  /// thread that runs the server.
  [[nodiscard]] time_point drained_by() const noexcept { return drained_by_; }
  /// Who is here. For the thread that runs the server.
  [[nodiscard]] ahoy::callers& callers() noexcept { return callers_; }
  [[nodiscard]] const server_options& options() const noexcept { return options_; }
  [[nodiscard]] handler& handling() noexcept { return *handler_; }

 private:
  friend class server_run;
  [[nodiscard]] std::shared_ptr<const caller_filter> filter() const;
  void wake() noexcept;

  std::vector<endpoint> endpoints_;
  std::unique_ptr<handler> handler_;
  server_options options_;
  observer silent_;
  observer* observer_ = &silent_;
  ahoy::callers callers_;
  fd stop_signal_;
  time_point drained_by_ = no_deadline;
  std::atomic<unsigned> stops_ = 0;
  std::atomic<bool> retires_ = false;
  std::vector<inherited_socket> inherited_;
  std::shared_ptr<renewable_security> tls_;  // null where no tls endpoint is served
  mutable std::mutex guard_;
  std::shared_ptr<const caller_filter> filter_;
  const server_run* running_ = nullptr;
};

}  // namespace ahoy::inline v0
