#include <ahoy/connection/pipe.hpp>
#include <ahoy/engine/select.hpp>
#include <ahoy/error/error.hpp>
#include <ahoy/handler/program.hpp>
#include <ahoy/server/server.hpp>
#include <ahoy/socket/process_handle.hpp>
#include <ahoy/socket/socket.hpp>
#include <ahoy/task/scope.hpp>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <tests/reset.hpp>
#include <unistd.h>

#include <cerrno>
#include <condition_variable>
#include <filesystem>
#include <future>
#include <memory>
#include <mutex>
#include <set>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

namespace {

using namespace std::chrono_literals;
using ahoy::model;
using ahoy::task;
using ahoy_test::all_before_a_reset;

ahoy::program_options command(std::vector<std::string> words) {
  ahoy::program_options options;
  options.command = std::move(words);
  return options;
}

ahoy::program_options shell(std::string script) { return command({"/bin/sh", "-c", std::move(script)}); }

/// A server that starts programs, on a thread of its own.
class running final : public ahoy::observer {
 public:
  running(std::string_view on, ahoy::program_options program, ahoy::server_options how = {})
      : server_{{ahoy::endpoint::parse(on)}, std::make_unique<ahoy::program>(std::move(program)), how} {
    server_.set_observer(*this);
    thread_ = std::thread{[this] { server_.run(); }};
    where_ = found_.get_future().get();
  }
  ~running() override { end(); }
  void stop() { server_.stop(); }
  void end() {
    server_.stop();
    server_.stop();
    if (thread_.joinable()) thread_.join();
  }
  void listening(ahoy::scheme, const ahoy::address& on) override { found_.set_value(on); }
  void left(const ahoy::connection&, std::string_view why) override {
    const std::lock_guard lock{mutex_};
    why_ = why;
    changed_.notify_all();
  }
  std::string why_somebody_left() {
    std::unique_lock lock{mutex_};
    EXPECT_TRUE(changed_.wait_for(lock, 20s, [&] { return !why_.empty(); }));
    return why_;
  }
  [[nodiscard]] ahoy::socket call(ahoy::socket_type type = ahoy::socket_type::stream) const {
    ahoy::socket caller{where_.family(), type};
    caller.settimeout(20s);
    caller.connect(where_);
    return caller;
  }
  [[nodiscard]] const ahoy::address& where() const { return where_; }

 private:
  ahoy::server server_;
  std::promise<ahoy::address> found_;
  ahoy::address where_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::string why_;
  std::thread thread_;
};

std::string read_all(ahoy::socket& from) {
  std::string all;
  for (std::string part = from.recv(4096); !part.empty(); part = from.recv(4096)) all += part;
  return all;
}

bool has_children() { return !(::waitpid(-1, nullptr, WNOHANG) == -1 && errno == ECHILD); }

std::string why_it_cannot_be(const std::string& name) {
  try {
    const ahoy::program made{command({name})};
  } catch (const ahoy::error& caught) {
    EXPECT_NE(caught.hint(), "");
    return caught.what();
  }
  return "";
}

TEST(program, is_looked_for_before_anybody_calls) {
  EXPECT_EQ(why_it_cannot_be("sh"), "");
  EXPECT_EQ(why_it_cannot_be("/bin/sh"), "");
  EXPECT_EQ(why_it_cannot_be("no-such-program-anywhere"),
            "run no-such-program-anywhere: no such file or directory");
  EXPECT_EQ(why_it_cannot_be(""), "run: no such file or directory");
  EXPECT_EQ(why_it_cannot_be("/etc/passwd"), "run /etc/passwd: permission denied");
  EXPECT_EQ(why_it_cannot_be("/usr"), "run /usr: permission denied");
  EXPECT_EQ(why_it_cannot_be("/etc/passwd/x"), "run /etc/passwd/x: not a directory");
}

/// PATH, while this is there.
class search_path {
 public:
  explicit search_path(const std::string& folders) : former_{std::getenv("PATH")} {
    ::setenv("PATH", folders.c_str(), 1);
  }
  search_path(const search_path&) = delete;
  search_path& operator=(const search_path&) = delete;
  ~search_path() { ::setenv("PATH", former_.c_str(), 1); }

 private:
  std::string former_;
};

TEST(program, is_looked_for_as_execvp_does) {
  {
    const search_path only{"/nowhere:/etc"};
    EXPECT_EQ(why_it_cannot_be("sh"), "run sh: no such file or directory");
    EXPECT_EQ(why_it_cannot_be("passwd"), "run passwd: permission denied");
  }
  const search_path later{"/nowhere::/etc:/bin"};
  EXPECT_EQ(why_it_cannot_be("sh"), "");
}

class program_under : public testing::TestWithParam<model> {
 protected:
  void TearDown() override { EXPECT_FALSE(has_children()) << "a child was left behind"; }
  ahoy::server_options how() {
    ahoy::server_options options;
    options.model = GetParam();
    return options;
  }
};

TEST_P(program_under, its_standard_input_and_output_are_the_connection) {
  running serving{"tcp://127.0.0.1:0", command({"cat"}), how()};
  ahoy::socket caller = serving.call();
  const std::string sent(300'000, 'x');
  std::thread sender{[&] {
    caller.sendall(sent);
    caller.shutdown(ahoy::half::sending);
  }};
  EXPECT_EQ(read_all(caller).size(), sent.size());
  sender.join();
}

TEST_P(program_under, its_environment_says_who_speaks_with_whom) {
  ::setenv("AHOY_PEER", "not this", 1);
  running serving{"tcp://127.0.0.1:0", shell("echo $AHOY_PEER $AHOY_LOCAL; env | grep -c ^AHOY_"), how()};
  ahoy::socket caller = serving.call();
  EXPECT_EQ(read_all(caller),
            caller.getsockname().to_string() + " " + caller.getpeername().to_string() + "\n2\n");
  ::unsetenv("AHOY_PEER");
}

/// What we would pass on to every program, opened by whoever started us, and not by us.
std::set<int> descriptors_that_are_not_ours() {
  std::set<int> numbers;
  for (int number = 0; number < 1024; ++number) {
    const int flags = ::fcntl(number, F_GETFD);
    if (flags >= 0 && !(flags & FD_CLOEXEC)) numbers.insert(number);
  }
  return numbers;
}

TEST_P(program_under, it_inherits_no_descriptor_but_the_standard_three) {
  std::set<int> expected = descriptors_that_are_not_ours();
  expected.insert({0, 1, 2});
  int own = 3;
  while (expected.contains(own)) ++own;
  expected.insert(own);  // by which ls reads the folder
  running serving{"tcp://127.0.0.1:0", command({"ls", "/proc/self/fd"}), how()};
  const ahoy::socket another = serving.call();
  ahoy::socket caller = serving.call();
  std::istringstream listed{read_all(caller)};
  std::set<int> numbers;
  for (int each = 0; listed >> each;) numbers.insert(each);
  EXPECT_EQ(numbers, expected);
}

/// Of a server that resets at once: that may come before connect(2) has returned.
std::string all_of_a_call(running& serving) {
  try {
    ahoy::socket caller = serving.call();
    return all_before_a_reset(caller);
  } catch (const ahoy::error& failure) {
    if (failure.code() != std::errc::connection_reset) throw;
  }
  return {};
}

TEST_P(program_under, one_that_has_gone_is_said_and_harms_nobody_else) {
  std::string folder = std::filesystem::temp_directory_path() / "program_testXXXXXX";
  ASSERT_NE(::mkdtemp(folder.data()), nullptr);
  const std::string name = folder + "/program";
  std::filesystem::copy_file("/bin/true", name);
  running serving{"tcp://127.0.0.1:0", command({name}), how()};
  std::filesystem::remove_all(folder);
  EXPECT_EQ(all_of_a_call(serving), "");
  EXPECT_EQ(serving.why_somebody_left(), "run " + name + ": no such file or directory");
  EXPECT_EQ(all_of_a_call(serving), "");
}

TEST_P(program_under, it_is_prepared_as_asked_and_no_signal_is_blocked_for_it) {
  ahoy::program_options options = shell("ulimit -S -n; grep -c 'SigBlk:.*[1-9a-f]' /proc/self/status; true");
  options.prepare = []() noexcept {
    rlimit limit{};
    ::getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = 123;
    ::setrlimit(RLIMIT_NOFILE, &limit);
  };
  sigset_t some;
  sigset_t former;
  ::sigemptyset(&some);
  ::sigaddset(&some, SIGUSR1);
  ::pthread_sigmask(SIG_BLOCK, &some, &former);
  running serving{"tcp://127.0.0.1:0", options, how()};
  ::pthread_sigmask(SIG_SETMASK, &former, nullptr);
  ahoy::socket caller = serving.call();
  EXPECT_EQ(read_all(caller), "123\n0\n");
}

/// Programs that say their process number, so that one can see whether they are gone.
pid_t number_of(ahoy::socket& caller) {
  std::string line;
  for (std::string next = caller.recv(1); !next.empty() && next != "\n"; next = caller.recv(1)) line += next;
  return std::stoi(line);
}

bool is_gone(pid_t number) { return ::kill(number, 0) == -1 && errno == ESRCH; }

TEST_P(program_under, it_is_ended_when_the_server_is) {
  running serving{"tcp://127.0.0.1:0", shell("echo $$; exec sleep 1000"), how()};
  ahoy::socket caller = serving.call();
  const pid_t number = number_of(caller);
  EXPECT_FALSE(is_gone(number));
  serving.end();
  EXPECT_TRUE(is_gone(number));
}

TEST_P(program_under, one_that_does_not_obey_is_killed_with_what_it_started) {
  running serving{"tcp://127.0.0.1:0", shell("trap '' TERM; echo $$; sleep 1000 & echo $!; wait; wait"),
                  how()};
  ahoy::socket caller = serving.call();
  const pid_t number = number_of(caller);
  const ahoy::fd started_by_it = ahoy::open_process(number_of(caller));
  ASSERT_TRUE(started_by_it);
  serving.end();
  EXPECT_TRUE(is_gone(number));
  pollfd gone{started_by_it.get(), POLLIN, 0};
  EXPECT_EQ(::poll(&gone, 1, 20'000), 1) << "what it started is there";
}

TEST_P(program_under, a_caller_has_left_when_its_program_has_ended) {
  running serving{"tcp://127.0.0.1:0", shell("read go; echo good-bye; exit 3"), how()};
  ahoy::socket caller = serving.call();
  caller.sendall("go\nnever read");
  EXPECT_EQ(all_before_a_reset(caller), "good-bye\n");
  EXPECT_EQ(serving.why_somebody_left(), "its program ended with status 3");
}

TEST_P(program_under, which_signal_ended_it_is_told) {
  running serving{"tcp://127.0.0.1:0", shell("read go; kill -USR1 $$"), how()};
  ahoy::socket caller = serving.call();
  caller.sendall("go\n");
  EXPECT_EQ(all_before_a_reset(caller), "");
  EXPECT_EQ(serving.why_somebody_left(), "its program was ended by SIGUSR1 (user defined signal 1)");
}

TEST_P(program_under, one_that_succeeds_has_nothing_to_tell) {
  running serving{"tcp://127.0.0.1:0", command({"true"}), how()};
  ahoy::socket caller = serving.call();
  EXPECT_EQ(read_all(caller), "");
  EXPECT_EQ(serving.why_somebody_left(), "done");
}

ahoy::server_options with_long_drain(ahoy::server_options how) {
  how.drain = 10min;
  return how;
}

TEST_P(program_under, at_the_end_it_reads_what_has_come_then_its_inputs_end_and_may_say_good_bye) {
  for (const ahoy::duration idle : {ahoy::no_timeout, ahoy::duration{10min}}) {  // handed over, and passed on
    ahoy::server_options options = with_long_drain(how());
    options.idle_timeout = idle;
    running serving{"tcp://127.0.0.1:0", shell("echo ready; cat; echo good-bye"), options};
    ahoy::socket caller = serving.call();
    EXPECT_EQ(caller.recv(6), "ready\n");
    const std::string said(100'000, 'x');
    caller.sendall(said);
    serving.stop();
    EXPECT_EQ(read_all(caller), said + "good-bye\n");
    EXPECT_EQ(serving.why_somebody_left(), "done");
  }
}

TEST_P(program_under, one_that_goes_on_is_told_at_the_cut_and_has_not_failed_if_it_obeys) {
  running serving{"tcp://127.0.0.1:0", shell("echo ready; exec sleep 1000"), with_long_drain(how())};
  ahoy::socket caller = serving.call();
  EXPECT_EQ(caller.recv(6), "ready\n");
  serving.stop();
  serving.stop();
  EXPECT_EQ(all_before_a_reset(caller), "");
  EXPECT_EQ(serving.why_somebody_left(), "cut, since the server ends");
}

/// Waits for SIGTERM, and misses none.
constexpr const char* tidy_child =
    "/usr/bin/python3 -c 'import os, signal as s; s.pthread_sigmask(s.SIG_BLOCK, [s.SIGTERM]); "
    "os.write(1, b\"ready\\n\"); s.sigwait([s.SIGTERM]); os.write(1, b\"put away\\n\")' & sleep 1000";

TEST_P(program_under, what_it_started_is_told_too_and_has_time_though_it_has_ended_itself) {
  running serving{"tcp://127.0.0.1:0", shell(tidy_child), with_long_drain(how())};
  ahoy::socket caller = serving.call();
  EXPECT_EQ(caller.recv(6), "ready\n");
  serving.stop();
  serving.stop();
  EXPECT_EQ(all_before_a_reset(caller), "put away\n");
}

TEST_P(program_under, one_that_does_not_obey_is_killed_at_the_cut) {
  running serving{"tcp://127.0.0.1:0",
                  shell("trap 'echo no' TERM; echo $$; while :; do read x < /dev/null; done"),
                  with_long_drain(how())};
  ahoy::socket caller = serving.call();
  const pid_t number = number_of(caller);
  serving.stop();
  EXPECT_FALSE(is_gone(number));
  serving.stop();
  EXPECT_EQ(all_before_a_reset(caller), "no\n") << "it is told once";
  EXPECT_EQ(serving.why_somebody_left(), "cut, since the server ends");
  serving.end();
  EXPECT_TRUE(is_gone(number));
}

TEST_P(program_under, what_it_leaves_behind_in_its_group_is_killed_when_it_has_ended) {
  running serving{"tcp://127.0.0.1:0", shell("(trap '' TERM; exec sleep 1000) & echo $!"), how()};
  ahoy::socket caller = serving.call();
  const ahoy::fd left_behind = ahoy::open_process(number_of(caller));
  EXPECT_EQ(read_all(caller), "");
  EXPECT_EQ(serving.why_somebody_left(), "done");
  pollfd gone{left_behind.get(), POLLIN, 0};  // ESRCH: it was gone before it could be looked at
  EXPECT_TRUE(!left_behind || ::poll(&gone, 1, 20'000) == 1) << "what it started is there";
}

// --- datagrams: passed on through a socket that keeps their borders ---

TEST_P(program_under, each_caller_of_a_datagram_socket_has_its_own) {
  running serving{"udp://127.0.0.1:0", shell("echo $AHOY_PEER $AHOY_LOCAL; exec cat"), how()};
  for (const char* text : {"one", "two"}) {
    ahoy::socket caller = serving.call(ahoy::socket_type::datagram);
    caller.send(text);
    const std::string halves = caller.getsockname().to_string() + " " + caller.getpeername().to_string();
    EXPECT_EQ(caller.recv(1000), halves + "\n");
    EXPECT_EQ(caller.recv(1000), text) << "whole, and one for one";
  }
}

INSTANTIATE_TEST_SUITE_P(each, program_under,
                         testing::Values(model::iterative, model::event, model::thread, model::process),
                         [](const auto& tested) { return std::string{ahoy::to_string(tested.param)}; });

// --- beside a connection in memory ---

class program_beside : public testing::Test {
 protected:
  void TearDown() override { EXPECT_FALSE(has_children()) << "a child was left behind"; }
  std::unique_ptr<ahoy::engine> engine_ = ahoy::make_engine();
  std::pair<std::unique_ptr<ahoy::connection>, std::unique_ptr<ahoy::connection>> ends_ =
      ahoy::make_pipe(*engine_);
};

task<> serve(ahoy::program& how, ahoy::connection& peer) { co_await how.serve(peer); }

task<> send_and_end(ahoy::connection& to, std::string text) {
  co_await to.send(text);
  to.shutdown_send();
}

task<> receive_all(ahoy::connection& from, std::string& into) {
  for (;;) {
    ahoy::bytes received = co_await from.receive();
    if (received.empty()) break;
    into += received.text();
  }
}

TEST_F(program_beside, bytes_are_passed_on_both_ways_to_the_end) {
  ahoy::program cat{command({"cat"})};
  const std::string sent(300'000, 'x');
  std::string got;
  engine_->run(ahoy::when_all(ahoy::tasks(serve(cat, *ends_.first), send_and_end(*ends_.second, sent),
                                          receive_all(*ends_.second, got))));
  EXPECT_EQ(got, sent);
}

TEST_F(program_beside, one_that_reads_nothing_is_heard_all_the_same) {
  ahoy::program deaf{shell("exec 0<&-; sleep 0.05; echo still here")};
  const std::string sent(300'000, 'x');
  std::string got;
  engine_->run(ahoy::when_all(ahoy::tasks(serve(deaf, *ends_.first), receive_all(*ends_.second, got))));
  EXPECT_EQ(got, "still here\n");
}

task<> catch_cause(task<> work, std::error_code& cause) {
  try {
    co_await std::move(work);
  } catch (const std::system_error& caught) {
    cause = caught.code();
  }
}

TEST_F(program_beside, it_is_ended_when_the_conversation_fails) {
  ahoy::program silent{command({"sleep", "1000"})};
  ends_.first->set_timeout(10ms);  // as --idle-timeout
  std::error_code cause;
  engine_->run(catch_cause(serve(silent, *ends_.first), cause));
  EXPECT_EQ(cause, std::errc::timed_out);
}

task<> stop_soon(ahoy::engine& by, task<> work) {
  ahoy::context& here = co_await ahoy::this_context();
  ahoy::scope children{here};
  children.start(std::move(work));
  co_await by.sleep(5ms);
  children.stop();
  co_await children.join();
}

TEST_F(program_beside, it_is_ended_when_it_is_stopped) {
  ahoy::program silent{command({"sleep", "1000"})};
  engine_->run(stop_soon(*engine_, serve(silent, *ends_.first)));
}

task<> tick_while(ahoy::engine& by, int& ticks) {
  for (;;) {
    co_await by.sleep(1ms);
    ++ticks;
  }
}

TEST_F(program_beside, ending_one_that_does_not_obey_holds_nobody_up) {
  ahoy::program stubborn{shell("trap '' TERM; echo ready; while :; do sleep 1000; done")};
  int ticks = 0;
  std::string got;
  struct stopping {
    static task<> when_ready(ahoy::engine& by, ahoy::program& how, ahoy::connection& near,
                             ahoy::connection& far, int& ticks) {
      ahoy::context& here = co_await ahoy::this_context();
      ahoy::scope children{here};
      children.start(serve(how, near));
      ahoy::bytes received = co_await far.receive();
      EXPECT_EQ(received.text(), "ready\n");
      ahoy::scope beside{here};
      beside.start(tick_while(by, ticks));
      children.stop();
      co_await children.join();
      beside.stop();
      co_await beside.join();
    }
  };
  engine_->run(stopping::when_ready(*engine_, stubborn, *ends_.first, *ends_.second, ticks));
  EXPECT_GT(ticks, 1);
}

/// A parent that ignores SIGCHLD has its children reaped by the kernel.
TEST_F(program_beside, a_parent_that_ignores_its_children_is_no_trouble) {
  struct sigaction ignore{};
  struct sigaction former{};
  ignore.sa_handler = SIG_IGN;
  ASSERT_EQ(::sigaction(SIGCHLD, &ignore, &former), 0);
  ahoy::program quick{shell("echo done; exit 1")};
  for (int i = 0; i < 5; ++i) {
    ends_ = ahoy::make_pipe(*engine_);
    std::string got;
    engine_->run(ahoy::when_all(ahoy::tasks(serve(quick, *ends_.first), receive_all(*ends_.second, got))));
    EXPECT_EQ(got, "done\n");
  }
  ASSERT_EQ(::sigaction(SIGCHLD, &former, nullptr), 0);
}

TEST_F(program_beside, descriptors_are_given_back) {
  const auto count = [] {
    return std::distance(std::filesystem::directory_iterator{"/proc/self/fd"},
                         std::filesystem::directory_iterator{});
  };
  ahoy::program quick{command({"true"})};
  const auto before = count();
  for (int i = 0; i < 5; ++i) {
    ends_ = ahoy::make_pipe(*engine_);
    engine_->run(serve(quick, *ends_.first));
  }
  EXPECT_EQ(count(), before);
}

}  // namespace
