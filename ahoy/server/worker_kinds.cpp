#include <ahoy/error/error.hpp>
#include <ahoy/error/signal.hpp>
#include <ahoy/server/no_signals.hpp>
#include <ahoy/server/worker_kinds.hpp>
#include <ahoy/socket/process_handle.hpp>

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <cstdlib>
#include <memory>
#include <new>
#include <optional>
#include <utility>

namespace ahoy::inline v0 {

namespace {

class worker_thread final : public worker {
 public:
  /// Throws error.
  void start(const pthread_attr_t& attributes, std::unique_ptr<std::function<void()>> live);
  ~worker_thread() override { join(); }
  task<std::string> reap() override {
    join();
    co_return std::string{};
  }
  bool has_ended() noexcept override {
    if (!is_joined_) is_joined_ = ::pthread_tryjoin_np(running_, nullptr) == 0;
    return is_joined_;
  }

 private:
  void join() noexcept {
    if (!is_joined_) ::pthread_join(running_, nullptr);
    is_joined_ = true;
  }
  pthread_t running_{};
  bool is_joined_ = true;  // or never begun
};

extern "C" void* live_as_thread(void* given) {
  const std::unique_ptr<std::function<void()>> live{static_cast<std::function<void()>*>(given)};
  (*live)();
  return nullptr;
}

void worker_thread::start(const pthread_attr_t& attributes, std::unique_ptr<std::function<void()>> live) {
  const int failure = ::pthread_create(&running_, &attributes, live_as_thread, live.get());
  if (failure != 0) throw error{system_code(failure), "start", "a thread"};
  static_cast<void>(live.release());  // it is the thread's
  is_joined_ = false;
}

class thread_attributes {
 public:
  thread_attributes() noexcept {
    ::pthread_attr_init(&these_);
    ::pthread_attr_setstacksize(&these_, stack_of_thread);
  }
  thread_attributes(const thread_attributes&) = delete;
  thread_attributes& operator=(const thread_attributes&) = delete;
  ~thread_attributes() { ::pthread_attr_destroy(&these_); }
  [[nodiscard]] const pthread_attr_t* get() const noexcept { return &these_; }

 private:
  pthread_attr_t these_{};
};

/// The status of a child whose work came to its end: none that exit(3) in a handler is likely to have.
constexpr int well_ended = 120;

class worker_process final : public worker {
 public:
  explicit worker_process(engine& by) noexcept : by_{by} {}
  /// `handle` is of open_process(), or none.
  void begin(pid_t number, fd handle) noexcept {
    number_ = number;
    ended_ = false;
    handle_.emplace(by_, std::move(handle));
  }
  ~worker_process() override {
    if (ended_) return;
    kill();
    while (::waitpid(number_, nullptr, 0) < 0 && errno == EINTR) continue;
  }

  task<std::string> reap() override {
    if (ended_) co_return std::string{};
    if (handle_->is_open()) {
      auto end = by_.ready(*handle_, POLLIN);
      end.was_tried = !std::exchange(is_awaited_, true);  // it has hardly begun
      co_await end;
    }
    int status = 0;
    pid_t reaped = 0;
    do reaped = ::waitpid(number_, &status, 0);
    while (reaped < 0 && errno == EINTR);
    ended_ = true;
    if (reaped < 0) co_return children_vanish() ? std::string{} : "its worker has ended";
    co_return in_words(status);
  }

  /// By its handle: where nobody reaps children, its number may be another's by now.
  void kill() noexcept override {
    if (ended_) return;
    signal_process(handle_->number(), number_, SIGKILL);
  }

 private:
  static std::string in_words(int status) {
    if (WIFEXITED(status) && WEXITSTATUS(status) == well_ended) return {};
    if (WIFEXITED(status)) return "its process ended with status " + std::to_string(WEXITSTATUS(status));
    if (!WIFSIGNALED(status)) return {};
    return "its process was ended by " + signal_in_words(WTERMSIG(status));
  }

  engine& by_;
  pid_t number_ = 0;
  std::optional<descriptor> handle_;
  bool is_awaited_ = false;
  bool ended_ = true;  // or never begun
};

/// Both are in order. In a child: without memory of its own.
void close_all_but(std::span<const int> kept, std::span<const int> own) noexcept {
  unsigned first = 0;
  while (!kept.empty() || !own.empty()) {
    auto& next = own.empty() || (!kept.empty() && kept.front() < own.front()) ? kept : own;
    const auto number = static_cast<unsigned>(next.front());
    next = next.subspan(1);
    if (number > first) ::close_range(first, number - 1, 0);
    first = number + 1;
  }
  ::close_range(first, ~0U, 0);
}

bool is_caught(int signal) noexcept {
  struct sigaction now{};
  return ::sigaction(signal, nullptr, &now) == 0 && now.sa_handler != SIG_IGN && now.sa_handler != SIG_DFL;
}

/// The parent may have died before this could be asked for.
void die_with(pid_t parent) noexcept {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(1);
}

/// What the parent catches is for the parent. SIGINT and SIGTERM stay blocked: a terminal's Ctrl-C goes to
/// all, and it is the server that says when a worker ends.
void leave_signals_to_the_parent(const std::vector<int>& caught, sigset_t mask) noexcept {
  for (const int each : caught) static_cast<void>(::signal(each, SIG_DFL));
  ::sigaddset(&mask, SIGINT);
  ::sigaddset(&mask, SIGTERM);
  ::sigprocmask(SIG_SETMASK, &mask, nullptr);
}

}  // namespace

std::unique_ptr<worker> start_thread(std::function<void()> live) {
  auto given = std::make_unique<std::function<void()>>(std::move(live));
  static const thread_attributes attributes;
  auto made = std::make_unique<worker_thread>();
  made->start(*attributes.get(), std::move(given));
  return made;
}

start_of_process::start_of_process() : kept{open_descriptors()} {
  for (int each = 1; each < NSIG; ++each)
    if (is_caught(each)) caught.push_back(each);
}

std::unique_ptr<worker> start_process(engine& by, const start_of_process& as, std::span<const int> own,
                                      const std::function<void()>& live) {
  assert(std::ranges::is_sorted(own));
  auto started = std::make_unique<worker_process>(by);  // before the fork, which cannot be taken back
  const no_signals meanwhile;
  const pid_t parent = ::getpid();
  const pid_t number = ::fork();
  if (number < 0) throw error{system_code(errno), "start", "a process"};
  if (number == 0) {
    leave_signals_to_the_parent(as.caught, meanwhile.before());
    die_with(parent);
    close_all_but(as.kept, own);
    live();
    ::_exit(well_ended);
  }
  fd handle = open_process(number);
  const int cause = errno;
  const bool can_be_awaited = handle || cause == ESRCH;  // ESRCH: over, and reaped unseen
  started->begin(number, std::move(handle));
  if (!can_be_awaited) throw error{system_code(cause), "start", "a process"};  // which ends it
  return started;
}

bool children_vanish() noexcept {
  struct sigaction now{};
  return ::sigaction(SIGCHLD, nullptr, &now) == 0 &&
         (now.sa_handler == SIG_IGN || (now.sa_flags & SA_NOCLDWAIT) != 0);
}

/// By readdir(3), since libstdc++ ends the program where memory runs out in a directory_iterator.
std::vector<int> open_descriptors() {
  std::unique_ptr<DIR, int (*)(DIR*)> folder{::opendir("/proc/self/fd"), ::closedir};
  if (!folder && errno == ENOMEM) throw std::bad_alloc{};
  std::vector<int> found;
  while (const dirent* each = folder ? ::readdir(folder.get()) : nullptr)
    if (each->d_name[0] != '.') found.push_back(std::atoi(each->d_name));
  if (!folder) found = {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO};
  folder.reset();  // which was among them
  std::erase_if(found, [](int each) { return ::fcntl(each, F_GETFD) < 0; });
  std::ranges::sort(found);
  return found;
}

}  // namespace ahoy::inline v0
