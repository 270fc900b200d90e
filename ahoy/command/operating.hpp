#pragma once
#include <ahoy/command/inheritance.hpp>
#include <ahoy/command/listen_report.hpp>
#include <ahoy/command/options.hpp>
#include <ahoy/command/privileges.hpp>
#include <ahoy/command/service_manager.hpp>
#include <ahoy/command/successor.hpp>
#include <ahoy/command/termination.hpp>
#include <ahoy/server/server.hpp>

#include <functional>
#include <optional>
#include <string>

namespace ahoy::inline v0 {

/// What whoever operates `listen` does with it while it runs: has its files read again (SIGHUP), has its
/// program replaced (SIGUSR2), and is told how it is; and as whom it runs.
class operating {
 public:
  /// Has `of` serve what is inherited, and reports what happens there. Throws error, before anything is
  /// listened on. All must outlive this.
  operating(engine& by, const listen_options& options, server& of, listen_report& report,
            const inheritance& inherited);

  /// Until it is stopped.
  task<> obey_signals();
  /// It has been told to end.
  void stops() noexcept;
  /// It has ended: no signal concerns it any more.
  void ended() noexcept { signals_.ignore_from_now_on(); }
  /// Files that are written to may have been renamed.
  std::function<void()> when_reloading;
  /// Another process serves from now on.
  std::function<void()> when_retired;

 private:
  void bound();
  void ready();
  void reload();
  task<> obey(int signal);
  [[nodiscard]] bool is_end_of_terminal(int signal) const noexcept;
  void end_with_terminal() noexcept;
  task<> be_succeeded();
  task<> pass_on_signals();
  task<> outlive_successor();
  [[nodiscard]] std::string why_not_succeeded() const;
  void tell_what_is_unreadable();
  void note_failure(std::string_view what, const error& why);

  engine& by_;
  const listen_options& options_;
  server& serving_;
  listen_report& report_;
  service_manager manager_;
  std::optional<user_identity> user_;
  const std::optional<int> successor_of_;
  termination signals_;
  std::optional<successor> next_;
  bool serves_ = false;
  bool is_ending_ = false;
};

}  // namespace ahoy::inline v0
