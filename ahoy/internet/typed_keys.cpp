#include <ahoy/error/error.hpp>
#include <ahoy/internet/typed_keys.hpp>

#include <signal.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <cerrno>

namespace ahoy::inline v0 {

namespace {

sigset_t window_signal() noexcept {
  sigset_t set;
  ::sigemptyset(&set);
  ::sigaddset(&set, SIGWINCH);
  return set;
}

fd open_signal() {
  const sigset_t set = window_signal();
  fd opened{::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK)};
  if (!opened) throw error{system_code(errno), "wait for", "signals"};
  return opened;
}

}  // namespace

void typed_keys::be_raw(bool wanted) noexcept {
  if (wanted == is_raw_) return;
  if (wanted && ::tcgetattr(STDIN_FILENO, &before_) != 0) return;
  termios raw = before_;
  raw.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO | ISIG | IEXTEN);
  raw.c_iflag &= ~static_cast<tcflag_t>(IXON);
  if (::tcsetattr(STDIN_FILENO, TCSADRAIN, wanted ? &raw : &before_) == 0) is_raw_ = wanted;
}

std::pair<std::uint16_t, std::uint16_t> window_size() noexcept {
  winsize size{};
  if (::ioctl(STDIN_FILENO, TIOCGWINSZ, &size) != 0) return {0, 0};
  return {size.ws_col, size.ws_row};
}

window_changes::window_changes(engine& by) : signals_{by, open_signal()} {
  const sigset_t set = window_signal();
  ::sigprocmask(SIG_BLOCK, &set, &before_);
}

window_changes::~window_changes() { ::sigprocmask(SIG_SETMASK, &before_, nullptr); }

task<> window_changes::next() {
  signalfd_siginfo got{};
  do co_await signals_.engine().ready_unhurried(signals_, POLLIN);
  while (::read(signals_.number(), &got, sizeof got) != sizeof got);
}

}  // namespace ahoy::inline v0
