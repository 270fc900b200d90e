#include <ahoy/connection/stream.hpp>
#include <ahoy/engine/select.hpp>
#include <ahoy/error/error.hpp>
#include <ahoy/error/log.hpp>
#include <ahoy/server/own_workers.hpp>

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <tests/descriptors.hpp>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace {

using ahoy::assignment;
using ahoy::connection;
using ahoy::fd;
using ahoy::order;
using ahoy::order_kind;
using ahoy::outcome;
using ahoy::task;

/// Does what its caller says.
class obeying final : public ahoy::handler {
 public:
  task<> serve(connection& peer) override {
    for (;;) {
      const ahoy::bytes said = co_await peer.receive();
      if (said.empty()) break;
      if (said.text() == "throw") throw std::runtime_error{"as it was told"};
      if (said.text() == "log") ahoy::log(ahoy::log_level::notice, "a line of " + peer.label());
      if (said.text() == "exit") ::_exit(7);
      co_await peer.send(said);
    }
  }
};

enum class kind { thread, process };

struct own : testing::TestWithParam<kind> {
  std::unique_ptr<ahoy::engine> by = ahoy::make_engine();
  obeying how;
  ahoy::start_of_process as;

  std::shared_ptr<assignment> engage(ahoy::own_workers& with, order what) {
    return GetParam() == kind::thread ? with.engage_thread(std::move(what))
                                      : with.engage_process(as, std::move(what));
  }
};

/// A caller whose other end is the test's.
struct called {
  called() {
    int ends[2];
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    here = fd{ends[0]};
    there = fd{ends[1]};
  }
  [[nodiscard]] order for_it(std::uint64_t job) const {
    order what;
    what.job = job;
    what.label = "caller " + std::to_string(job);
    what.lent = here.get();
    return what;
  }
  void say(std::string_view what) const {
    EXPECT_EQ(::send(there.get(), what.data(), what.size(), MSG_NOSIGNAL), ssize_t(what.size()));
  }
  [[nodiscard]] std::string hear() const {
    char said[100];
    const ssize_t got = ::recv(there.get(), said, sizeof said, 0);
    return {said, static_cast<std::size_t>(std::max<ssize_t>(got, 0))};
  }
  void end() const { ::shutdown(there.get(), SHUT_WR); }
  fd here, there;
};

task<> see_to_the_end(assignment& job, ahoy::own_workers& with, outcome& how) {
  co_await job.wait();
  how = job.how_it_ended();
  co_await with.close();
}

TEST_P(own, serve_their_caller_to_its_end_and_leave_its_socket_open) {
  ahoy::own_workers workers{*by, how};
  const called caller;
  outcome ended;
  {
    const auto job = engage(workers, caller.for_it(1));
    caller.say("hello");
    EXPECT_EQ(caller.hear(), "hello");
    caller.end();
    by->run(see_to_the_end(*job, workers, ended));
  }
  EXPECT_EQ(ended.what, outcome::kind::served);
  EXPECT_EQ(ended.why, "done");
  EXPECT_EQ(::send(caller.here.get(), "bye", 3, MSG_NOSIGNAL), 3) << "the farewell is the server's";
  EXPECT_EQ(caller.hear(), "bye");
}

TEST_P(own, tell_why_a_conversation_failed_and_what_is_logged) {
  std::vector<std::string> lines;
  ahoy::set_log([&](ahoy::log_level, std::string_view line) { lines.emplace_back(line); });
  ahoy::own_workers workers{*by, how};
  const called caller;
  outcome ended;
  {
    const auto job = engage(workers, caller.for_it(1));
    caller.say("log");
    EXPECT_EQ(caller.hear(), "log");
    caller.say("throw");
    by->run(see_to_the_end(*job, workers, ended));
  }
  ahoy::set_log({});
  EXPECT_EQ(ended.why, "as it was told");
  EXPECT_EQ(lines, std::vector<std::string>{"a line of caller 1"});
}

task<> tell_and_see(assignment& job, order_kind what, ahoy::own_workers& with, outcome& how) {
  co_await job.tell(what);
  co_await see_to_the_end(job, with, how);
}

TEST_P(own, hear_that_they_shall_finish) {
  ahoy::own_workers workers{*by, how};
  const called caller;
  outcome ended;
  {
    const auto job = engage(workers, caller.for_it(1));
    caller.say("hello");
    EXPECT_EQ(caller.hear(), "hello");
    by->run(tell_and_see(*job, order_kind::finish, workers, ended));
  }
  EXPECT_EQ(ended.why, "done");
}

TEST_P(own, hear_that_they_are_cut) {
  ahoy::own_workers workers{*by, how};
  const called caller;
  outcome ended;
  {
    const auto job = engage(workers, caller.for_it(1));
    by->run(tell_and_see(*job, order_kind::cut, workers, ended));
  }
  EXPECT_EQ(ended.why, "cut, since the server ends");
}

task<> waited_for(assignment& job) { co_await job.wait(); }

task<> tell_and_wait(assignment& job, order_kind what) {
  co_await job.tell(what);
  co_await job.wait();
}

/// Whether it goes on for longer than a worker takes to hear its bell.
task<> stays(assignment& job, ahoy::engine& by, bool& does) {
  try {
    co_await with_deadline(ahoy::deadline_after(by.now(), std::chrono::milliseconds{500}), job.wait());
  } catch (const ahoy::error& failure) {
    does = failure.code() == std::errc::timed_out;
  }
}

TEST_P(own, are_not_told_what_one_before_was_told) {
  ahoy::own_workers workers{*by, how};
  const called first, ended_before, next;
  bool next_stays = false;
  outcome ended;
  const auto before = ahoy::open_descriptors();
  {
    const auto beside = engage(workers, first.for_it(1));
    auto job = engage(workers, ended_before.for_it(2));
    ended_before.end();
    by->run(waited_for(*job));
    by->run(tell_and_wait(*job, order_kind::cut));  // which nobody hears
    job.reset();
    job = engage(workers, next.for_it(3));
    by->run(stays(*job, *by, next_stays));
    next.end();
    by->run(tell_and_wait(*beside, order_kind::cut));
    by->run(see_to_the_end(*job, workers, ended));
  }
  EXPECT_TRUE(next_stays);
  EXPECT_EQ(ended.why, "done");
  EXPECT_EQ(ahoy::open_descriptors(), before) << "when nobody is here";
}

TEST_P(own, have_the_bell_of_one_that_was_told_nothing) {
  ahoy::own_workers workers{*by, how};
  const called first, second, third;
  std::size_t most = 0;
  outcome ended;
  {
    const auto beside = engage(workers, first.for_it(1));
    auto job = engage(workers, second.for_it(2));
    most = ahoy::open_descriptors().size();
    second.end();
    by->run(waited_for(*job));
    job.reset();
    const std::size_t without = ahoy::open_descriptors().size();
    job = engage(workers, third.for_it(3));
    EXPECT_EQ(ahoy::open_descriptors().size(), most);
    EXPECT_EQ(without, GetParam() == kind::thread ? most : most - 1) << "but for the process's own";
    third.end();
    by->run(tell_and_wait(*beside, order_kind::cut));
    by->run(see_to_the_end(*job, workers, ended));
  }
  EXPECT_EQ(ended.why, "done");
}

#if !AHOY_IS_SANITIZED
TEST_P(own, cannot_be_had_without_descriptors) {
  ahoy::own_workers workers{*by, how};
  const called caller;
  std::error_code why;
  try {
    const ahoy_test::few_descriptors none;
    static_cast<void>(engage(workers, caller.for_it(1)));
  } catch (const ahoy::error& failure) {
    why = failure.code();
  }
  EXPECT_EQ(why, std::errc::too_many_files_open);
  struct scenes {
    static task<> close(ahoy::own_workers& with) { co_await with.close(); }
  };
  by->run(scenes::close(workers));
}
#endif

INSTANTIATE_TEST_SUITE_P(each, own, testing::Values(kind::thread, kind::process),
                         [](const auto& of) { return of.param == kind::thread ? "thread" : "process"; });

using own_process = own;

TEST_P(own_process, that_end_badly_say_how) {
  ahoy::own_workers workers{*by, how};
  const called caller;
  outcome ended;
  {
    const auto job = engage(workers, caller.for_it(1));
    caller.say("exit");
    by->run(see_to_the_end(*job, workers, ended));
  }
  EXPECT_EQ(ended.why, "its process ended with status 7");
}

INSTANTIATE_TEST_SUITE_P(each, own_process, testing::Values(kind::process));

using own_threads = own;

task<> serve_in_turn(own_threads& in, ahoy::own_workers& with, int count, std::vector<std::string>& whys) {
  for (int number = 1; number <= count; ++number) {
    const called caller;
    const auto job = in.engage(with, caller.for_it(static_cast<std::uint64_t>(number)));
    caller.say("hello");
    caller.end();
    co_await job->wait();
    whys.push_back(job->how_it_ended().why);
    EXPECT_EQ(caller.hear(), "hello");
  }
  co_await with.close();
}

TEST_P(own_threads, use_the_engines_of_those_before) {
  ahoy::own_workers workers{*by, how};
  std::vector<std::string> whys;
  by->run(serve_in_turn(*this, workers, 200, whys));
  EXPECT_EQ(whys, std::vector<std::string>(200, "done"));
}

std::chrono::microseconds processor_time() {
  rusage used{};
  ::getrusage(RUSAGE_SELF, &used);
  return std::chrono::seconds{used.ru_utime.tv_sec + used.ru_stime.tv_sec} +
         std::chrono::microseconds{used.ru_utime.tv_usec + used.ru_stime.tv_usec};
}

TEST_P(own_threads, take_no_processor_while_their_wire_cannot_be_read) {
  const std::vector<int> before = ahoy::open_descriptors();
  ahoy::own_workers workers{*by, how};
  const called caller;
  {
    const auto job = engage(workers, caller.for_it(1));
    for (const int each : ahoy::open_descriptors()) {
      int type = 0;
      socklen_t size = sizeof type;
      const bool is_new = std::ranges::find(before, each) == before.end();
      if (is_new && ::getsockopt(each, SOL_SOCKET, SO_TYPE, &type, &size) == 0 && type == SOCK_SEQPACKET)
        ::shutdown(each, SHUT_RD);
    }
    caller.end();
    struct scenes {
      static task<> wait(ahoy::engine& with) { co_await with.sleep(std::chrono::milliseconds{400}); }
      static task<> wait_and_close(ahoy::engine& with, ahoy::own_workers& all) {
        const auto used = processor_time();
        co_await wait(with);
        EXPECT_LT(processor_time() - used, std::chrono::milliseconds{100});
        co_await all.close();
      }
    };
    by->run(scenes::wait_and_close(*by, workers));
  }
}

INSTANTIATE_TEST_SUITE_P(each, own_threads, testing::Values(kind::thread));

}  // namespace
