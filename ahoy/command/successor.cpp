#include <ahoy/command/descriptor_limit.hpp>
#include <ahoy/command/own_words.hpp>
#include <ahoy/command/signals.hpp>
#include <ahoy/command/successor.hpp>
#include <ahoy/error/error.hpp>
#include <ahoy/error/escape.hpp>
#include <ahoy/error/signal.hpp>
#include <ahoy/server/no_signals.hpp>
#include <ahoy/socket/process_handle.hpp>

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <string_view>
#include <vector>

namespace ahoy::inline v0 {

namespace {

/// It has this long to open what it needs, and to say that it serves.
constexpr duration patience = std::chrono::seconds{10};
/// One that closes what it would say that to is about to end.
constexpr duration patience_with_end = std::chrono::seconds{1};
constexpr char ready_word = 'r';
constexpr int first_given = 3;
constexpr std::array<std::string_view, 4> own_variables = {
    "LISTEN_PID=", "LISTEN_FDS=", "LISTEN_FDNAMES=", "AHOY_SUCCESSOR="};

/// Everything that is needed between fork and exec, where nothing may be allocated: other threads may have
/// held any lock.
class plan {
 public:
  plan(std::string file, std::span<const listening_socket> sockets, std::span<const endpoint> on, int ready,
       const std::string& variable)
      : file_{std::move(file)}, words_{own_words()} {
    for (const listening_socket& each : sockets) from_.push_back(each.number);
    from_.push_back(ready);
    spare_.resize(from_.size());
    add_environment(sockets, on, variable);
    for (std::string& each : words_) word_pointers_.push_back(each.data());
    for (std::string& each : variables_) variable_pointers_.push_back(each.data());
    word_pointers_.push_back(nullptr);
    variable_pointers_.push_back(nullptr);
    ::sigemptyset(&none_);
  }

  /// In the child. Returns errno where that failed.
  int become() noexcept {
    if (!place_descriptors()) return errno;
    write_own_number();
    restore_sigpipe();
    restore_descriptor_limit();
    ::sigprocmask(SIG_SETMASK, &none_, nullptr);
    ::execve(file_.c_str(), word_pointers_.data(), variable_pointers_.data());
    return errno;
  }

 private:
  void add_environment(std::span<const listening_socket> sockets, std::span<const endpoint> on,
                       const std::string& variable) {
    for (char** each = environ; *each; ++each) {
      const std::string_view text{*each};
      if (std::ranges::none_of(own_variables, [&](auto own) { return text.starts_with(own); }))
        variables_.emplace_back(text);
    }
    if (!variable.empty()) variables_.push_back(variable);
    std::string names = "LISTEN_FDNAMES=";
    std::string rest = fmt::format("AHOY_SUCCESSOR={}", first_given + static_cast<int>(sockets.size()));
    for (const listening_socket& each : sockets) {
      names += fmt::format("{}{}", names.ends_with('=') ? "" : ":", to_string(on[each.endpoint].scheme));
      rest += fmt::format(" {}{}", each.endpoint, each.file == file_is::ours ? "+" : "");
    }
    variables_.push_back(fmt::format("LISTEN_FDS={}", sockets.size()));
    variables_.push_back(std::move(names));
    variables_.push_back(std::move(rest));
    variables_.push_back(std::string{"LISTEN_PID="} + std::string(number_width, '\0'));
  }

  /// Those whose places are in the way of others go aside first. dup2() leaves them open over an exec.
  bool place_descriptors() noexcept {
    const int beyond = first_given + static_cast<int>(from_.size());
    for (std::size_t i = 0; i < from_.size(); ++i) {
      spare_[i] = ::fcntl(from_[i], F_DUPFD_CLOEXEC, beyond);
      if (spare_[i] < 0) return false;
    }
    for (std::size_t i = 0; i < from_.size(); ++i)
      if (::dup2(spare_[i], first_given + static_cast<int>(i)) < 0) return false;
    return true;
  }

  void write_own_number() noexcept {
    std::array<char, number_width> digits{};
    std::size_t count = 0;
    for (pid_t left = ::getpid(); left > 0; left /= 10) digits[count++] = static_cast<char>('0' + left % 10);
    char* to = variables_.back().data() + std::string_view{"LISTEN_PID="}.size();
    while (count > 0) *to++ = digits[--count];
  }

  static constexpr std::size_t number_width = 20;
  const std::string file_;
  std::vector<std::string> words_, variables_;
  std::vector<char*> word_pointers_, variable_pointers_;
  std::vector<int> from_, spare_;
  sigset_t none_{};
};

pid_t start(plan& as, int ready) {
  const no_signals meanwhile;
  const pid_t number = ::fork();
  if (number < 0) throw error{system_code(errno), "start", "a successor"};
  if (number > 0) return number;
  const int why = as.become();
  static_cast<void>(!::write(ready, &why, sizeof why));
  ::_exit(127);
}

std::string in_words(int status) {
  if (WIFSIGNALED(status)) return "it was ended by " + signal_in_words(WTERMSIG(status));
  return fmt::format("it ended with status {}", WEXITSTATUS(status));
}

}  // namespace

successor::successor(engine& by, std::string variable) : by_{by}, variable_{std::move(variable)} {}

successor::~successor() {
  if (number_ > 0 && !serves_) static_cast<void>(reap());
}

task<> successor::start(std::span<const listening_socket> sockets, std::span<const endpoint> on) {
  std::string file = own_program();
  if (file.empty()) throw error{system_code(ENOENT), "start", "a successor", "the program is not in $PATH"};
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) throw error{system_code(errno), "start", "a successor"};
  descriptor ready{by_, fd{ends[0]}};
  {
    const fd theirs{ends[1]};
    plan how{std::move(file), sockets, on, theirs.get(), variable_};
    number_ = v0::start(how, theirs.get());
  }
  handle_.emplace(by_, open_process(number_));
  if (!handle_->is_open()) fail_to_watch(errno);
  std::string why;
  try {
    serves_ = co_await with_deadline(deadline_after(by_.now(), patience), hear_ready(ready));
  } catch (const error& late) {
    if (late.code() == std::errc::operation_canceled) throw;  // who waits is to end, and so is it
    why = late.code() == std::errc::timed_out ? "it did not say in time that it serves" : late.what();
  }
  if (serves_) co_return;
  if (why.empty()) co_await await_end(patience_with_end);
  const std::string end = reap();
  throw error{system_code(ESRCH), "start", "a successor", why.empty() ? end : why};
}

/// Its end could only be awaited by standing still.
void successor::fail_to_watch(int why) {
  static_cast<void>(reap());
  throw error{system_code(why), "watch", "a successor", "it takes pidfd_open(2), which a sandbox may forbid"};
}

task<> successor::await_end(duration most) {
  auto end = by_.ready(*handle_, POLLIN);
  end.timeout = most;
  try {
    co_await end;
  } catch (const error& late) {
    if (late.code() != std::errc::timed_out || !end.timed_out) throw;
  }
}

/// false: it has ended. Throws error where it could not even begin.
task<bool> successor::hear_ready(descriptor& from) {
  co_await by_.ready(from, POLLIN);
  int word = 0;
  const ssize_t size = ::read(from.number(), &word, sizeof word);
  if (size == sizeof word) throw error{system_code(word), "run", escape(own_program())};
  co_return size == 1;
}

/// One that does not serve is made an end of.
std::string successor::reap() noexcept {
  int status = 0;
  pid_t gone = 0;
  if (!serves_) {
    const bool has_ended = ::waitpid(number_, &status, WNOHANG) == number_;
    if (has_ended) return number_ = -1, in_words(status);
  }
  if (!serves_) signal_process(handle_ ? handle_->number() : -1, number_, SIGKILL);
  do gone = ::waitpid(number_, &status, 0);
  while (gone < 0 && errno == EINTR);
  number_ = -1;
  return gone < 0 ? "it has ended" : in_words(status);
}

void successor::pass_on(int signal) noexcept { signal_process(handle_->number(), number_, signal); }

task<std::string> successor::ended() {
  co_await await_end(no_timeout);
  std::string how = reap();
  co_return how == in_words(0) ? std::string{} : std::move(how);
}

void tell_ready(int listener) noexcept {
  static_cast<void>(!::write(listener, &ready_word, sizeof ready_word));
}

}  // namespace ahoy::inline v0
