#pragma once
#include <ahoy/engine/engine.hpp>

#include <signal.h>

#include <initializer_list>

namespace ahoy::inline v0 {

/// Signals as something to wait for, while it lives; of who ends the command, SIGINT and SIGTERM. A signal
/// that was ignored when the command began, as a shell does for what it puts in the background, stays
/// ignored.
class termination {
 public:
  explicit termination(engine& by, std::initializer_list<int> which = {SIGINT, SIGTERM});
  ~termination();
  termination(const termination&) = delete;
  termination& operator=(const termination&) = delete;

  /// Returns at the next signal, with its number.
  task<int> next();
  /// Whether the latest one came from the system, and not from a process that sent it (sigaction(2),
  /// SI_KERNEL): SIGHUP then is the end of the terminal.
  [[nodiscard]] bool was_of_system() const noexcept { return was_of_system_; }
  /// For who is done: one that waits, or comes before the process has ended, does not end it otherwise.
  void ignore_from_now_on() noexcept;

 private:
  sigset_t set_, before_{};
  descriptor signals_;
  bool was_of_system_ = false;
};

}  // namespace ahoy::inline v0
