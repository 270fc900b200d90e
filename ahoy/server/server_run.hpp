#pragma once
#include <ahoy/server/arrival.hpp>
#include <ahoy/server/entrances.hpp>
#include <ahoy/server/reception.hpp>
#include <ahoy/server/server.hpp>
#include <ahoy/server/turns.hpp>
#include <ahoy/server/worker_pool.hpp>
#include <ahoy/task/scope.hpp>

#include <memory>
#include <string>
#include <vector>

namespace ahoy::inline v0 {

/// A server while it runs: what its acceptors, its callers' tasks and its end have in common.
class server_run : scope::follower {
 public:
  server_run(server& of, ahoy::engine& by, context& where);

  /// Binds every endpoint before anybody is answered, then serves to the end.
  task<> run();

  [[nodiscard]] ahoy::engine& engine() const noexcept { return by_; }
  [[nodiscard]] const server_options& options() const noexcept { return of_.options_; }
  [[nodiscard]] observer& told() const noexcept { return *of_.observer_; }
  [[nodiscard]] const handler& serving() const noexcept { return *of_.handler_; }

  [[nodiscard]] bool is_ending() const noexcept { return ending_; }
  /// Somebody else listens from now on: who was accepted, or has sent a datagram, before that is served here.
  [[nodiscard]] bool hands_over() const noexcept { return hands_over_; }
  [[nodiscard]] std::vector<listening_socket> listening() const { return entrances_.listening(); }
  [[nodiscard]] bool is_welcome(const address& caller) const noexcept;
  [[nodiscard]] ahoy::reception& reception() noexcept { return reception_; }
  /// A datagram came from this caller.
  void heard(const connection& from) { of_.callers_.heard(from); }

  /// Each datagram is served on its own, as a connection is: it is the request.
  [[nodiscard]] bool datagrams_are_requests() const noexcept;

  /// Begins the conversation with one caller: registry, turn, handler, farewell. With `once` it is the last.
  /// One that `is_secure` is first agreed on TLS with.
  void begin(std::unique_ptr<connection> caller, counted_in its, bool is_secure = false);
  /// Tells a caller that was not admitted so, and sees it off.
  /// One that waits for TLS is told so by an alert.
  void refuse(std::unique_ptr<connection> caller, bool is_secure, turned_away why);
  /// Whether one may be told `busy` who comes from an address that has all it may have: they leave some of
  /// those places to others, and whoever finds none is closed without the word.
  [[nodiscard]] bool can_refuse_crowd() const noexcept { return refusing_ < most_refused_at_once / 2; }
  /// At most once a second: each caller who leaves frees a descriptor, which the next one takes.
  void tell_exhausted(std::string_view why);
  /// Runs what callers need for as long as any is here; if it fails the server ends, and run() throws why.
  void keep(task<> service) { services_.start(until_the_end(std::move(service))); }
  /// Waits until a caller has left, the server is ending or `limit` has passed.
  [[nodiscard]] event::awaiter wait_for_change(duration limit) noexcept { return changed_.wait(limit); }
  /// Whether each caller has a thread or a process that is started for it.
  [[nodiscard]] bool starts_workers() const noexcept { return pool_ && options().workers == 0; }
  /// Whether one more may be told `busy`: each takes a descriptor until it has heard that.
  [[nodiscard]] bool can_refuse() const noexcept { return refusing_ < most_refused_at_once; }
  std::string next_local_label() { return "unix:" + std::to_string(++local_callers_); }

 private:
  static constexpr std::size_t most_refused_at_once = 16;

  task<> accept_all();
  void stop_accepting();
  void hand_over();
  task<> let_finish();
  void failed() noexcept;
  task<> until_the_end(task<> service);
  task<> watch_stop();
  task<> cut_who_stalls();
  task<> drain();
  task<> end_receiving_at_workers();
  void converse(arrival& newcomer);
  void ended(context& of, std::exception_ptr thrown) override;
  task<> converse_in_turn(callers::entry who);
  task<> part_with(callers::entry who, std::string why);
  void let_go(callers::entry who);
  void tell_left(callers::entry who, const std::string& why) noexcept;
  /// Whoever is no caller any more: counted in until its connection is closed.
  struct former_caller {
    counted_in its;
    std::unique_ptr<connection> link;
  };
  former_caller take_out(callers::entry who) noexcept;
  task<std::string> until_sent(callers::entry who);
  task<> let_hear_our_end(connection& caller, bool is_cut);
  task<> part_from(connection& caller, context& patience);
  [[nodiscard]] duration time_to_part() const noexcept;
  task<> see_off(std::unique_ptr<connection> caller, bool is_secure);
  task<> wait_for_turn(callers::entry who, turn& own);
  [[nodiscard]] bool takes_turns(const connection& caller) const noexcept;
  [[nodiscard]] bool needs_worker(const connection& caller) const noexcept;
  void join(callers::entry who);
  bool tell_no_worker(const address& caller, std::string_view why);
  task<> turn_away(connection& caller, bool is_secure);
  task<std::string> converse_through_worker(callers::entry who);
  task<std::string> serve(callers::entry who);
  task<> converse_securely(callers::entry who);
  [[nodiscard]] std::unique_ptr<connection> secured(std::unique_ptr<connection> caller) const;
  task<> agree(callers::entry who);
  void let_nobody_else_in();
  void cut_who_has_not_agreed();
  void agreed(callers::entry who, std::string_view what);
  task<std::string> converse_with(callers::entry who);

  server& of_;
  ahoy::engine& by_;
  scope conversations_;
  time_point exhaustion_told_{};
  context patience_;  // stopped when the end is near: nobody's own end is waited for any more
  scope acceptors_;
  scope services_;
  event changed_{by_};
  std::unique_ptr<worker_pool> pool_;  // null where the server's own loop serves all
  turns turns_;
  ahoy::reception reception_;
  entrances entrances_;
  std::size_t refusing_ = 0;
  std::uint64_t local_callers_ = 0;
  bool ending_ = false;  // nobody else is let in
  bool hands_over_ = false;
  bool over_ = false;  // nobody is left
  std::exception_ptr failure_;
};

/// Accepts from one listener until the server ends.
task<> accept_callers(server_run& run, entrance& from);
/// Serves the datagrams of one socket until the server ends: each peer is a caller of its own, and is heard
/// and answered for as long as it is here.
task<> serve_datagrams(server_run& run, datagram_socket& socket);

}  // namespace ahoy::inline v0
