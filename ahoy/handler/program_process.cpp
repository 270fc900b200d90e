#include <ahoy/error/error.hpp>
#include <ahoy/error/log.hpp>
#include <ahoy/handler/program_process.hpp>

#include <signal.h>
#include <sys/wait.h>

#include <cerrno>

namespace ahoy::inline v0 {

namespace {

/// A program that was told to end has this long before it is killed.
constexpr duration grace = std::chrono::milliseconds{100};

class ended_category final : public std::error_category {
  const char* name() const noexcept override { return "program"; }
  std::string message(int status) const override {
    if (WIFSIGNALED(status)) return "its program ended with signal " + std::to_string(WTERMSIG(status));
    return "its program ended with status " + std::to_string(WEXITSTATUS(status));
  }
};

}  // namespace

const std::error_category& program_category() noexcept {
  static const ended_category category;
  return category;
}

program_process::program_process(set& among, const connection& peer, pid_t number, fd handle)
    : among_{among},
      peer_{peer},
      number_{number},
      handle_{peer.engine(), std::move(handle)},
      ended_{!handle_.is_open()} {
  if (ended_) return;
  const std::scoped_lock alone{among_.mutex_};
  among_.running_.insert(this);
  if (among_.ending_) tell_to_end();
}

program_process::~program_process() {
  if (ended_) return;
  ::kill(-number_, SIGKILL);
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
  for (program_process* each : running_) each->tell_to_end();
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

task<> program_process::end() {
  if (ended_) co_return;
  context apart;
  {
    const std::scoped_lock alone{among_.mutex_};
    tell_to_end();
  }
  co_await wait_in_grace().in(apart);
  if (ended_) co_return;
  ::kill(-number_, SIGKILL);
  co_await wait().in(apart);
}

task<> program_process::wait_in_grace() {
  try {
    co_await with_deadline(deadline_after(handle_.engine().now(), grace), wait());
  } catch (const std::system_error&) {
    // It did not obey.
  }
}

/// Where SIGCHLD is ignored it is gone already, and nobody knows how it ended.
void program_process::reap() noexcept {
  const std::scoped_lock alone{among_.mutex_};
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
