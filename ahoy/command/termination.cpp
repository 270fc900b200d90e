#include <ahoy/command/termination.hpp>
#include <ahoy/error/error.hpp>

#include <sys/signalfd.h>
#include <unistd.h>

#include <cerrno>

namespace ahoy::inline v0 {

namespace {

bool is_ignored(int signal) noexcept {
  struct sigaction now{};
  return ::sigaction(signal, nullptr, &now) == 0 && now.sa_handler == SIG_IGN;
}

sigset_t those_heard(std::initializer_list<int> which) noexcept {
  sigset_t set;
  ::sigemptyset(&set);
  for (const int signal : which)
    if (!is_ignored(signal)) ::sigaddset(&set, signal);
  return set;
}

fd open_signals(const sigset_t& set) {
  fd opened{::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK)};
  if (!opened) throw error{system_code(errno), "wait for", "signals"};
  return opened;
}

}  // namespace

termination::termination(engine& by, std::initializer_list<int> which)
    : set_{those_heard(which)}, signals_{by, open_signals(set_)} {
  ::sigprocmask(SIG_BLOCK, &set_, &before_);
}

termination::~termination() { ::sigprocmask(SIG_SETMASK, &before_, nullptr); }

void termination::ignore_from_now_on() noexcept {
  for (int signal = 1; signal < NSIG; ++signal)
    if (::sigismember(&set_, signal) == 1) static_cast<void>(::signal(signal, SIG_IGN));
}

task<int> termination::next() {
  signalfd_siginfo got{};
  do co_await signals_.engine().ready_unhurried(signals_, POLLIN);
  while (::read(signals_.number(), &got, sizeof got) != sizeof got);
  was_of_system_ = got.ssi_code == SI_KERNEL;
  co_return static_cast<int>(got.ssi_signo);
}

}  // namespace ahoy::inline v0
