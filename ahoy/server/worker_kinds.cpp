#include <ahoy/error/error.hpp>
#include <ahoy/server/worker.hpp>
#include <ahoy/server/worker_kinds.hpp>

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
    ::waitpid(number_, nullptr, 0);
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

  void kill() noexcept override { ::kill(number_, SIGKILL); }

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

[[noreturn]] void live_as_child(fd wire, handler& how, const std::vector<int>& kept) noexcept {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  close_all_but(kept);
  work(std::move(wire), how, handler_is::own, engine_choice::blocking);
  ::_exit(0);
}

}  // namespace

std::unique_ptr<worker> start_thread(fd wire, handler& how, engine_choice on) {
  try {
    std::thread started{[wire = std::move(wire), &how, on]() mutable { work(std::move(wire), how, handler_is::shared, on); }};
    return std::make_unique<worker_thread>(std::move(started));
  } catch (const std::system_error& failure) {
    throw error{failure.code(), "start", "a thread"};
  }
}

std::unique_ptr<worker> start_process(engine& by, fd wire, handler& how, std::vector<int> kept) {
  kept.insert(std::ranges::upper_bound(kept, wire.get()), wire.get());
  const pid_t number = ::fork();
  if (number < 0) throw error{system_code(errno), "start", "a process"};
  if (number == 0) live_as_child(std::move(wire), how, kept);
  return std::make_unique<worker_process>(by, number,
                                          fd{static_cast<int>(::syscall(SYS_pidfd_open, number, 0))});
}

std::vector<int> open_descriptors() {
  std::vector<int> found;
  std::error_code unreadable;
  for (const auto& each : std::filesystem::directory_iterator{"/proc/self/fd", unreadable})
    found.push_back(std::stoi(each.path().filename()));
  if (unreadable) found = {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO};
  std::ranges::sort(found);
  return found;
}

}  // namespace ahoy::inline v0
