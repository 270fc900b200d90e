#include <ahoy/connection/carry.hpp>
#include <ahoy/connection/stream.hpp>
#include <ahoy/error/error.hpp>
#include <ahoy/handler/program.hpp>
#include <ahoy/socket/process_handle.hpp>
#include <ahoy/task/scope.hpp>

#include <fcntl.h>
#include <linux/sockios.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <sstream>
#include <string_view>

extern char** environ;

namespace ahoy::inline v0 {

namespace {

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

start::start(const program_options& options, const connection& peer)
    : arguments{pointers(options.command)}, prepare{options.prepare} {
  for (char** each = environ; *each; ++each)
    if (!std::string_view{*each}.starts_with("AHOY_")) environment_text.emplace_back(*each);
  environment_text.push_back("AHOY_PEER=" + peer.label());
  environment_text.push_back("AHOY_LOCAL=" + peer.local().to_string());
  environment = pointers(environment_text);
}

/// Where a program runs with its standard three closed, what we need may have their numbers.
int beyond_standard(int number) noexcept {
  return number > STDERR_FILENO ? number : ::fcntl(number, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
}

void start::become(int stream, int report) const {
  stream = beyond_standard(stream);
  report = beyond_standard(report);
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

[[noreturn]] void fail_to_start(int why, const std::string& name) {
  throw error{system_code(why), "run", name, "is it installed, and executable?"};
}

/// 0, or an errno value.
int why_not_executable(const std::string& path) noexcept {
  struct stat found{};
  if (::stat(path.c_str(), &found) != 0) return errno;
  if (!S_ISREG(found.st_mode)) return EACCES;
  return ::eaccess(path.c_str(), X_OK) == 0 ? 0 : errno;
}

/// Where execvp(3) looks.
std::string search_path() {
  const char* given = std::getenv("PATH");
  return given ? given : "/bin:/usr/bin";
}

/// As execvp(3) looks for it, and with its errors. Each start looks again.
int why_not_found(const std::string& name) {
  if (name.find('/') != std::string::npos) return why_not_executable(name);
  int result = ENOENT;
  std::istringstream folders{search_path() + ":"};
  for (std::string folder; !name.empty() && std::getline(folders, folder, ':');) {
    if (!folder.empty()) folder += '/';
    const int why = why_not_executable(folder += name);
    if (why == 0) return 0;
    if (why == EACCES) result = EACCES;
  }
  return result;
}

/// Throws what kept the program from starting.
void read_report(const fd& report, const std::string& name) {
  int why = 0;
  ssize_t got = 0;
  do got = ::read(report.get(), &why, sizeof why);
  while (got < 0 && errno == EINTR);
  if (got > 0) fail_to_start(why, name);
}

[[noreturn]] void fail(int why, const program_options& options) {
  throw error{system_code(why), "run", options.command.front()};
}

/// Kills and reaps a child that cannot be used.
void give_up(pid_t number) noexcept {
  ::kill(number, SIGKILL);
  while (::waitpid(number, nullptr, 0) < 0 && errno == EINTR) continue;
}

started start_program(const program_options& options, const connection& peer, int stream) {
  const start prepared{options, peer};
  int report[2];
  if (::pipe2(report, O_CLOEXEC) != 0) fail(errno, options);
  const fd read_end{report[0]};
  fd write_end{report[1]};
  const pid_t number = ::fork();
  if (number < 0) fail(errno, options);
  if (number == 0) prepared.become(stream, write_end.get());
  ::setpgid(number, number);
  fd handle = open_process(number);
  const int why = handle || errno == ESRCH ? 0 : errno;  // ESRCH: over, and reaped by whoever ignores SIGCHLD
  write_end.reset();
  try {
    if (why != 0) fail(why, options);
    read_report(read_end, options.command.front());
  } catch (...) {
    give_up(number);
    throw;
  }
  return {number, std::move(handle)};
}

/// The conversation while the program runs; a conversation that is cut ends the program.
task<> see_through(program_process& running, task<> conversation) {
  std::exception_ptr failure;
  try {
    co_await std::move(conversation);
  } catch (...) {
    failure = std::current_exception();
  }
  co_await running.end();
  if (failure) running.log_failure();
  if (failure) std::rethrow_exception(failure);
  running.throw_if_failed();
}

bool hung_up(const std::error_code& why) noexcept {
  return why == std::errc::broken_pipe || why == std::errc::connection_reset;
}

/// A program that reads no more may still have something to say; a caller that is gone has no more use for
/// it.
task<> feed(connection& from, connection& program) {
  try {
    co_await carry_one_way(from, program);
  } catch (const error& failure) {
    if (!hung_up(failure.code()) || failure.address() != program.label()) throw;
  }
}

/// A program beside its caller's connection, and what passes between the two.
struct beside {
  beside(connection& peer, stream& program, program_process& running, context& where)
      : peer{peer}, program{program}, running{running}, tasks{where} {}
  connection& peer;
  stream& program;
  program_process& running;
  scope tasks;  // feeding, hearing, and watching for the end
  bool all_said = false;
};

/// A program that closes what it has not read to its end resets us, and of a socket that keeps borders that
/// is told before what it had said (unix(7)): false, and this is still there.
task<bool> heard_to_the_end(connection& program, connection& peer) {
  try {
    co_await carry_all(program, peer);
  } catch (const error& failure) {
    if (failure.code() != std::errc::connection_reset || failure.address() != program.label()) throw;
    co_return false;
  }
  co_return true;
}

/// What the program says. The end of its half is the caller's to see; how to end the connection is known only
/// when it is known how the program ended.
task<> hear(beside& of) {
  const bool is_all = co_await heard_to_the_end(of.program, of.peer);
  if (!is_all) co_await carry_all(of.program, of.peer);
  of.all_said = true;
  if (of.running.has_ended())
    of.tasks.stop();
  else if (!of.program.is_hung_up())
    of.peer.shutdown_send();
}

/// Another may have the program's end of the socket pair still: nothing more is expected from it.
task<> watch_for_end(beside& of) {
  co_await of.running.wait();
  of.program.shutdown_receive();
  if (of.all_said) of.tasks.stop();
}

task<> pass_both_ways(connection& peer, stream& program, program_process& running) {
  context& here = co_await this_context();
  beside all{peer, program, running, here};
  all.tasks.start_all(feed(peer, program), hear(all), watch_for_end(all));
  co_await all.tasks.join();
}

bool has_unread(int socket) noexcept {
  int bytes = 0;
  return ::ioctl(socket, SIOCINQ, &bytes) == 0 && bytes > 0;
}

/// For a connection that is no socket of its own, or has a timeout, which only who reads can keep: the
/// program has one end of a socket pair, we pass on at the other.
task<> serve_beside(const program_options& options, connection& peer, program_process::set& among) {
  int ends[2];
  const int type = peer.keeps_boundaries() ? SOCK_SEQPACKET : SOCK_STREAM;
  if (::socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, ends) != 0) fail(errno, options);
  stream ours{peer.engine(), fd{ends[0]}};
  ours.set_label("the program");  // no caller is called so
  fd theirs{ends[1]};
  program_process running{among, peer, start_program(options, peer, theirs.get()), -1};
  theirs.reset();
  co_await see_through(running, pass_both_ways(peer, ours, running));
  peer.shutdown_send();
}

}  // namespace

program::program(program_options options) : options_{std::move(options)} {
  if (options_.command.empty()) fail_to_start(EINVAL, "a program");
  const int why = why_not_found(options_.command.front());
  if (why != 0) fail_to_start(why, options_.command.front());
}

task<> program::serve(connection& peer) {
  if (running_.is_ending()) throw error{system_code(ECANCELED), "run", options_.command.front()};
  if (!peer.native() || peer.timeout() != no_timeout) {
    co_await serve_beside(options_, peer, running_);
    co_return;
  }
  const int socket = peer.native()->number();
  program_process running{running_, peer, start_program(options_, peer, socket), socket};
  co_await see_through(running, running.wait());
  if (running.had_its_input_ended() && has_unread(socket))
    throw error{system_code(ECANCELED), "serve", peer.label()};
}

void program::end() { running_.end(); }

}  // namespace ahoy::inline v0
