#include <ahoy/command/signals.hpp>

#include <unistd.h>

#include <csignal>

namespace ahoy::inline v0 {
namespace {

struct sigaction inherited{};
bool is_remembered = false;

void set_disposition(int signal, void (*disposition)(int)) noexcept {
  struct sigaction action{};
  action.sa_handler = disposition;
  static_cast<void>(::sigaction(signal, &action, nullptr));
}

void act_as_by_default(int signal) noexcept {
  set_disposition(signal, SIG_DFL);
  sigset_t only;
  sigemptyset(&only);
  sigaddset(&only, signal);
  static_cast<void>(::pthread_sigmask(SIG_UNBLOCK, &only, nullptr));
  static_cast<void>(::raise(signal));
}

}  // namespace

void ignore_sigpipe() noexcept {
  if (!is_remembered) is_remembered = ::sigaction(SIGPIPE, nullptr, &inherited) == 0;
  set_disposition(SIGPIPE, SIG_IGN);
}

void restore_sigpipe() noexcept {
  if (is_remembered) static_cast<void>(::sigaction(SIGPIPE, &inherited, nullptr));
}

void end_by_signal(int signal) noexcept {
  act_as_by_default(signal);
  ::_exit(128 + signal);  // a signal that does not end a process
}

void stop_by_signal() noexcept { act_as_by_default(SIGTSTP); }

}  // namespace ahoy::inline v0
