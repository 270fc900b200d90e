#pragma once
#include <ahoy/engine/engine.hpp>

#include <signal.h>

namespace ahoy::inline v0 {

/// SIGINT and SIGTERM as something to wait for, while it lives. A signal that was ignored when the command
/// began, as a shell does for what it puts in the background, stays ignored.
class termination {
 public:
  explicit termination(engine& by);
  ~termination();
  termination(const termination&) = delete;
  termination& operator=(const termination&) = delete;

  /// Returns at the next signal, with its number.
  task<int> next();

 private:
  sigset_t before_{};
  descriptor signals_;
};

}  // namespace ahoy::inline v0
