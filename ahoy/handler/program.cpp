#include <ahoy/connection/stream.hpp>
#include <ahoy/error/error.hpp>
#include <ahoy/error/log.hpp>
#include <ahoy/handler/program.hpp>
#include <ahoy/task/scope.hpp>

#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string_view>

extern char** environ;

namespace ahoy::inline v0 {

namespace {

/// A program that was told to end has this long before it is killed.
constexpr int grace_milliseconds = 100;

/// What the child needs, made before the fork: after it, in a program that may have threads, only system
/// calls are safe.
struct start {
  start(const program_options& options, const connection& peer);
  [[noreturn]] void become(int stream, int report) const;

  std::vector<std::string> environment_text;
  std::vector<char*> arguments, environment;
  void (*prepare)() noexcept;
};

std::vector<char*> pointers(const std::vector<std::string>& texts) {
  std::vector<char*> result;
  result.reserve(texts.size() + 1);
  for (const std::string& each : texts) result.push_back(const_cast<char*>(each.c_str()));
  result.push_back(nullptr);
  return result;
}

std::string name_of(const address& half, std::string_view instead) {
  return half.family() == family::local ? std::string{instead} : half.to_string();
}

start::start(const program_options& options, const connection& peer)
    : arguments{pointers(options.command)}, prepare{options.prepare} {
  for (char** each = environ; *each; ++each)
    if (!std::string_view{*each}.starts_with("AHOY_")) environment_text.emplace_back(*each);
  environment_text.push_back("AHOY_PEER=" + peer.label());
  environment_text.push_back("AHOY_LOCAL=" + name_of(peer.local(), peer.local().to_string()));
  environment = pointers(environment_text);
}

void start::become(int stream, int report) const {
  ::setpgid(0, 0);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  if (prepare) prepare();
  if (::dup2(stream, STDIN_FILENO) >= 0 && ::dup2(stream, STDOUT_FILENO) >= 0)
    ::execvpe(arguments.front(), arguments.data(), environment.data());
  const int why = errno;
  [[maybe_unused]] const ssize_t told = ::write(report, &why, sizeof why);
  ::_exit(127);
}

/// A running child: killed and reaped when it goes, if it has not ended by itself.
class child {
 public:
  child(ahoy::engine& by, pid_t number)
      : number_{number}, handle_{by, fd{static_cast<int>(::syscall(SYS_pidfd_open, number, 0))}} {}
  child(const child&) = delete;
  child& operator=(const child&) = delete;
  ~child() {
    if (!ended_) end();
  }

  task<> wait() {
    co_await handle_.engine().ready(handle_, POLLIN);
    reap();
  }

 private:
  void end() {
    ::kill(-number_, SIGTERM);
    pollfd gone{handle_.number(), POLLIN, 0};
    if (::poll(&gone, 1, grace_milliseconds) <= 0) ::kill(-number_, SIGKILL);
    reap();
  }
  void reap() {
    int status = 0;
    while (::waitpid(number_, &status, 0) < 0 && errno == EINTR) continue;
    ended_ = true;
    if (WIFSIGNALED(status))
      log(log_level::notice, std::string{"the program ended by signal "} + ::strsignal(WTERMSIG(status)));
    else if (WEXITSTATUS(status) != 0)
      log(log_level::detail, "the program ended with status " + std::to_string(WEXITSTATUS(status)));
  }

  pid_t number_;
  descriptor handle_;
  bool ended_ = false;
};

/// Throws what kept the program from starting.
void read_report(const fd& report, const std::string& name) {
  int why = 0;
  ssize_t got = 0;
  do got = ::read(report.get(), &why, sizeof why);
  while (got < 0 && errno == EINTR);
  if (got > 0) throw error{system_code(why), "run", name, "is it installed, and executable?"};
}

pid_t start_program(const program_options& options, const connection& peer, int stream) {
  const start prepared{options, peer};
  int report[2];
  if (::pipe2(report, O_CLOEXEC) != 0) throw error{system_code(errno), "run", options.command.front()};
  const fd read_end{report[0]};
  fd write_end{report[1]};
  const pid_t number = ::fork();
  if (number < 0) throw error{system_code(errno), "run", options.command.front()};
  if (number == 0) prepared.become(stream, write_end.get());
  ::setpgid(number, number);
  write_end.reset();
  try {
    read_report(read_end, options.command.front());
  } catch (...) {
    ::waitpid(number, nullptr, 0);
    throw;
  }
  return number;
}

task<> pass_on(connection& from, connection& to) {
  for (;;) {
    bytes received = co_await from.receive();
    if (received.empty()) break;
    co_await to.send(received);
  }
  to.shutdown_send();
}

/// For a connection that is no socket of its own: the program has one end of a socket pair, we pass on at the
/// other.
task<> serve_beside(const program_options& options, connection& peer) {
  int ends[2];
  const int type = peer.keeps_boundaries() ? SOCK_SEQPACKET : SOCK_STREAM;
  if (::socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, ends) != 0)
    throw error{system_code(errno), "run", options.command.front()};
  stream ours{peer.engine(), fd{ends[0]}};
  fd theirs{ends[1]};
  child running{peer.engine(), start_program(options, peer, theirs.get())};
  theirs.reset();
  context& here = co_await this_context();
  scope passing{here};
  passing.start(pass_on(peer, ours));
  std::exception_ptr failure;
  try {
    co_await pass_on(ours, peer);
    co_await running.wait();
  } catch (...) {
    failure = std::current_exception();
  }
  passing.stop();
  co_await passing.join();
  if (failure) std::rethrow_exception(failure);
}

}  // namespace

task<> program::serve(connection& peer) {
  if (!peer.native()) {
    co_await serve_beside(options_, peer);
    co_return;
  }
  child running{peer.engine(), start_program(options_, peer, peer.native()->number())};
  co_await running.wait();
}

}  // namespace ahoy::inline v0
