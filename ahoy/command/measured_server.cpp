#include <ahoy/command/descriptor_limit.hpp>
#include <ahoy/command/measured_server.hpp>
#include <ahoy/command/signals.hpp>
#include <ahoy/error/error.hpp>
#include <ahoy/socket/process_handle.hpp>

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <utility>
#include <vector>

namespace ahoy::inline v0 {
namespace {

constexpr const char* ourselves = "/proc/self/exe";

std::vector<std::string> words_for(model which, std::size_t workers, family wanted) {
  return {"ahoy",
          "listen",
          wanted == family::inet6 ? "[::1]:0" : "127.0.0.1:0",
          "--handler=echo",
          fmt::format("--model={}", to_string(which)),
          fmt::format("--workers={}", workers)};
}

[[noreturn]] void fail(std::string_view what) {
  throw error{system_code(errno), std::string{what}, ourselves};
}

/// The child's side of the fork; nothing here allocates. What it is told to write to is closed at exec but
/// for the copies.
[[noreturn]] void become(char** words, pid_t parent, int says) noexcept {
  static_cast<void>(::prctl(PR_SET_PDEATHSIG, SIGKILL));
  if (::getppid() != parent) ::_exit(1);  // it was gone before
  const int nothing = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  ::dup2(nothing, STDIN_FILENO);
  ::dup2(nothing, STDOUT_FILENO);
  ::dup2(says, STDERR_FILENO);
  restore_sigpipe();
  restore_descriptor_limit();
  ::execv(ourselves, words);
  ::_exit(127);
}

duration of(const timeval& time) noexcept {
  return std::chrono::seconds{time.tv_sec} + std::chrono::microseconds{time.tv_usec};
}

std::string url_in(const std::string& said) {
  constexpr std::string_view lead = "listening on ";
  const auto begin = said.find(lead);
  const auto end = said.find(" (", begin);
  if (begin == said.npos || end == said.npos || said.find('\n', end) == said.npos) return {};
  return said.substr(begin + lead.size(), end - begin - lead.size());
}

}  // namespace

measured_server::measured_server(engine& by, model which, std::size_t workers, family wanted) : by_{by} {
  start(words_for(which, workers, wanted));
}

void measured_server::start(const std::vector<std::string>& words) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) fail("start server");
  fd says{ends[0]};
  const fd written{ends[1]};
  std::vector<char*> arguments;
  arguments.reserve(words.size() + 1);
  for (const std::string& each : words) arguments.push_back(const_cast<char*>(each.c_str()));  // execv's type
  arguments.push_back(nullptr);
  const pid_t parent = ::getpid();
  number_ = ::fork();
  if (number_ < 0) fail("start server");
  if (number_ == 0) become(arguments.data(), parent, written.get());
  says_ = std::make_unique<descriptor>(by_, std::move(says));
  fd handle = open_process(number_);
  if (!handle) fail("wait for server");
  handle_ = std::make_unique<descriptor>(by_, std::move(handle));
}

measured_server::~measured_server() {
  if (number_ < 0) return;
  ::kill(number_, SIGKILL);
  while (::waitpid(number_, nullptr, 0) < 0 && errno == EINTR) continue;
}

task<endpoint> measured_server::where() {
  std::string said;
  std::array<char, 4096> piece{};
  for (;;) {
    const std::string url = url_in(said);
    if (!url.empty()) co_return endpoint::parse(url);
    co_await by_.ready(*says_, POLLIN);
    const ssize_t got = ::read(says_->number(), piece.data(), piece.size());
    if (got < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (got <= 0) throw error{system_code(ECHILD), "start server", ourselves, "it said: " + said};
    said.append(piece.data(), static_cast<std::size_t>(got));
  }
}

task<duration> measured_server::end() {
  ::kill(number_, SIGTERM);
  co_await by_.ready(*handle_, POLLIN);
  rusage used{};
  int status = 0;
  while (::wait4(number_, &status, 0, &used) < 0 && errno == EINTR) continue;
  number_ = -1;
  if (status != 0) throw error{system_code(ECHILD), "measure server", ourselves, "it did not end well"};
  co_return of(used.ru_utime) + of(used.ru_stime);
}

}  // namespace ahoy::inline v0
