#include <ahoy/error/error.hpp>
#include <ahoy/server/worker.hpp>
#include <ahoy/server/worker_kinds.hpp>

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <thread>

namespace ahoy::inline v0 {

namespace {

class worker_thread final : public worker {
 public:
  explicit worker_thread(std::thread running) : running_{std::move(running)} {}
  ~worker_thread() override {
    if (running_.joinable()) running_.join();
  }
  /// Its wire ends with it, so that it is there in a moment.
  task<std::string> reap() override {
    running_.join();
    co_return std::string{};
  }

 private:
  std::thread running_;
};

class worker_process final : public worker {
 public:
  worker_process(engine& by, pid_t number, fd handle) : number_{number}, handle_{by, std::move(handle)} {}
  ~worker_process() override {
    if (ended_) return;
    kill();
    while (::waitpid(number_, nullptr, 0) < 0 && errno == EINTR) continue;
  }

  task<std::string> reap() override {
    if (handle_.is_open()) co_await handle_.engine().ready(handle_, POLLIN);
    int status = 0;
    while (::waitpid(number_, &status, 0) < 0 && errno == EINTR) continue;
    ended_ = true;
    if (!WIFSIGNALED(status)) co_return std::string{};
    const int signal = WTERMSIG(status);
    const char* name = ::sigabbrev_np(signal);
    co_return "its process was ended by SIG" + std::string{name ? name : std::to_string(signal).c_str()};
  }

  void kill() noexcept override {
    if (!ended_) ::kill(number_, SIGKILL);
  }

 private:
  pid_t number_;
  descriptor handle_;  // pidfd_open(2)
  bool ended_ = false;
};

/// `kept` is in order.
void close_all_but(const std::vector<int>& kept) noexcept {
  unsigned first = 0;
  for (const int each : kept) {
    const auto number = static_cast<unsigned>(each);
    if (number > first) ::close_range(first, number - 1, 0);
    first = number + 1;
  }
  ::close_range(first, ~0U, 0);
}

/// While it exists, no signal is delivered to this thread: a child must not run its parent's handlers.
class no_signals {
 public:
  no_signals() noexcept {
    sigset_t all;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  no_signals(const no_signals&) = delete;
  no_signals& operator=(const no_signals&) = delete;
  ~no_signals() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  [[nodiscard]] const sigset_t& before() const noexcept { return before_; }

 private:
  sigset_t before_{};
};

/// What the parent catches is for the parent. SIGINT and SIGTERM stay blocked: a terminal's Ctrl-C goes to
/// all, and it is the server that says when a worker ends.
void leave_signals_to_the_parent(sigset_t mask) noexcept {
  for (int each = 1; each < NSIG; ++each) {
    struct sigaction now{};
    if (::sigaction(each, nullptr, &now) != 0 || now.sa_handler == SIG_IGN || now.sa_handler == SIG_DFL)
      continue;
    now.sa_handler = SIG_DFL;
    ::sigaction(each, &now, nullptr);
  }
  ::sigaddset(&mask, SIGINT);
  ::sigaddset(&mask, SIGTERM);
  ::sigprocmask(SIG_SETMASK, &mask, nullptr);
}

[[noreturn]] void live_as_child(fd wire, handler& how, const std::vector<int>& kept) noexcept {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  close_all_but(kept);
  work(std::move(wire), how, handler_is::own, engine_choice::blocking);
  ::_exit(0);
}

}  // namespace

std::unique_ptr<worker> start_thread(fd wire, handler& how, engine_choice on) {
  try {
    std::thread started{
        [wire = std::move(wire), &how, on]() mutable { work(std::move(wire), how, handler_is::shared, on); }};
    return std::make_unique<worker_thread>(std::move(started));
  } catch (const std::system_error& failure) {
    throw error{failure.code(), "start", "a thread"};
  }
}

std::unique_ptr<worker> start_process(engine& by, fd wire, handler& how, std::vector<int> kept) {
  kept.insert(std::ranges::upper_bound(kept, wire.get()), wire.get());
  const no_signals meanwhile;
  const pid_t number = ::fork();
  if (number < 0) throw error{system_code(errno), "start", "a process"};
  if (number == 0) {
    leave_signals_to_the_parent(meanwhile.before());
    live_as_child(std::move(wire), how, kept);
  }
  return std::make_unique<worker_process>(by, number,
                                          fd{static_cast<int>(::syscall(SYS_pidfd_open, number, 0))});
}

std::vector<int> open_descriptors() {
  std::vector<int> found;
  std::error_code unreadable;
  for (const auto& each : std::filesystem::directory_iterator{"/proc/self/fd", unreadable})
    found.push_back(std::stoi(each.path().filename()));
  if (unreadable) found = {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO};
  std::erase_if(found,
                [](int each) { return ::fcntl(each, F_GETFD) < 0; });  // what listed them is closed by now
  std::ranges::sort(found);
  return found;
}

}  // namespace ahoy::inline v0
