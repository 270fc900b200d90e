#include <ahoy/error/error.hpp>
#include <ahoy/error/log.hpp>
#include <ahoy/error/signal.hpp>
#include <ahoy/handler/program_process.hpp>

#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <cerrno>

namespace ahoy::inline v0 {

namespace {

/// A program that was told to end, and whatever it started, has this long before it is killed.
constexpr duration grace = std::chrono::milliseconds{100};

class ended_category final : public std::error_category {
  const char* name() const noexcept override { return "program"; }
  std::string message(int status) const override {
    if (WIFSIGNALED(status)) return "its program was ended by " + signal_in_words(WTERMSIG(status));
    return "its program ended with status " + std::to_string(WEXITSTATUS(status));
  }
};

}  // namespace

const std::error_category& program_category() noexcept {
  static const ended_category category;
  return category;
}

program_process::program_process(set& among, const connection& peer, started child, int handed)
    : among_{among},
      peer_{peer},
      number_{child.number},
      handle_{peer.engine(), std::move(child.handle)},
      handed_{handed},
      ended_{!handle_.is_open()} {
  if (ended_) return;
  const std::scoped_lock alone{among_.mutex_};
  among_.running_.insert(this);
  if (among_.ending_) end_input();
}

program_process::~program_process() {
  if (ended_) return;
  kill_group();
  reap();
}

task<> program_process::wait() {
  if (ended_) co_return;
  co_await handle_.engine().ready(handle_, POLLIN);
  reap();
}

void program_process::set::end() noexcept {
  const std::scoped_lock alone{mutex_};
  ending_ = true;
  for (program_process* each : running_) each->end_input();
}

bool program_process::set::is_ending() noexcept {
  const std::scoped_lock alone{mutex_};
  return ending_;
}

void program_process::tell_to_end() noexcept {
  if (told_ || ended_) return;
  told_ = true;
  ::kill(-number_, SIGTERM);
}

/// What has come is read before the end is seen; what a peer of TCP still sends stays unread.
void program_process::end_input() noexcept {
  input_ended_ = true;
  if (handed_ >= 0) ::shutdown(handed_, SHUT_RD);
}

namespace {

task<> pause(engine& by) { co_await by.sleep(grace); }

}  // namespace

/// Nothing tells when the others of its group have ended, so all have the same time.
task<> program_process::end() {
  if (ended_) co_return;
  context apart;
  {
    const std::scoped_lock alone{among_.mutex_};
    tell_to_end();
  }
  co_await pause(handle_.engine()).in(apart);
  kill_group();
  co_await wait().in(apart);
}

/// As long as the child is not reaped, no other group has its number. Where SIGCHLD is ignored it is reaped
/// of itself.
void program_process::kill_group() const noexcept {
  siginfo_t how{};
  if (::waitid(P_PID, static_cast<id_t>(number_), &how, WEXITED | WNOHANG | WNOWAIT) == 0)
    ::kill(-number_, SIGKILL);
}

/// Where SIGCHLD is ignored it is gone already, and nobody knows how it ended.
void program_process::reap() noexcept {
  const std::scoped_lock alone{among_.mutex_};
  kill_group();
  while (::waitpid(number_, &status_, 0) < 0 && errno == EINTR) continue;
  ended_ = true;
  among_.running_.erase(this);
}

bool program_process::obeyed() const noexcept {
  return told_ && WIFSIGNALED(status_) && (WTERMSIG(status_) == SIGTERM || WTERMSIG(status_) == SIGKILL);
}

void program_process::throw_if_failed() const {
  if (status_ == 0) return;
  const std::error_code how =
      obeyed() ? system_code(ECANCELED) : std::error_code{status_, program_category()};
  throw error{how, "serve", peer_.label()};
}

void program_process::log_failure() const {
  if (status_ == 0 || obeyed()) return;
  log(log_level::notice, peer_.label() + ": " + program_category().message(status_));
}

}  // namespace ahoy::inline v0
