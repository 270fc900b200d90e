#include <ahoy/engine/select.hpp>
#include <ahoy/engine/uring.hpp>
#include <ahoy/error/error.hpp>
#include <ahoy/task/scope.hpp>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <liburing.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <tests/no_blocks.hpp>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace {

using namespace std::chrono_literals;
using ahoy::bytes;
using ahoy::descriptor;
using ahoy::fd;
using ahoy::task;
using ahoy::uring_engine;
using ahoy::uring_settings;

std::pair<fd, fd> pair_of(int type) {
  int made[2];
  EXPECT_EQ(::socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, made), 0);
  return {fd{made[0]}, fd{made[1]}};
}

struct receiving final : ahoy::receive_operation {
  explicit receiving(descriptor& from, ahoy::duration limit = ahoy::no_timeout) : receive_operation{&from} {
    timeout = limit;
  }
  bytes await_resume() {
    if (!timed_out) ahoy::throw_if_failed(error, "receive from", "");
    return std::move(received);
  }
};

struct sending final : ahoy::send_operation {
  sending(descriptor& to, std::string_view text) : send_operation{&to, text} {}
  void await_resume() const { ahoy::throw_if_failed(error, "send to", ""); }
};

struct accepting final : ahoy::accept_operation {
  explicit accepting(descriptor& from) : accept_operation{&from} {}
  int await_resume() const noexcept { return error; }
};

/// What the tests of one engine share: a descriptor of ours, and plain descriptors at the other end.
struct near_end {
  near_end(ahoy::engine& by, int type = SOCK_STREAM) : near_end{by, pair_of(type)} {}
  near_end(ahoy::engine& by, std::pair<fd, fd> ends)
      : ours{by, std::move(ends.first)}, theirs{std::move(ends.second)} {}
  descriptor ours;
  fd theirs;
};

void put(const fd& into, std::string_view text) {
  EXPECT_EQ(::send(into.get(), text.data(), text.size(), MSG_DONTWAIT | MSG_NOSIGNAL),
            static_cast<ssize_t>(text.size()));
}

/// Sends what the kernel takes; returns how much.
std::size_t flood(const fd& into, char what) {
  const std::string much(64 * 1024, what);
  std::size_t sum = 0;
  for (ssize_t taken = 1; taken > 0; sum += static_cast<std::size_t>(taken > 0 ? taken : 0))
    taken = ::send(into.get(), much.data(), much.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  return sum;
}

task<> receive_into(descriptor& from, std::string& into) {
  bytes some = co_await receiving{from};
  into += some.text();
}

task<> receive_to_the_end(descriptor& from, std::string& into) {
  for (;;) {
    bytes some = co_await receiving{from};
    if (some.empty()) break;
    into += some.text();
  }
}

/// Turns of the loop in which the kernel may do what it likes.
task<> some_turns(ahoy::engine& by, int count = 20) {
  for (int i = 0; i < count; ++i) co_await by.sleep(100us);
}

std::size_t open_descriptors() {
  return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator{"/proc/self/fd"},
                                                std::filesystem::directory_iterator{}));
}

// --- what the kernel may lack ---

struct lacking {
  const char* name;
  uring_settings how;
};

class uring_without : public testing::TestWithParam<lacking> {
 protected:
  uring_engine engine_{GetParam().how};
};

task<> ping(descriptor& near, descriptor& far, int times) {
  for (int i = 0; i < times; ++i) {
    co_await sending{near, "ping"};
    bytes there = co_await receiving{far};
    EXPECT_EQ(there.text(), "ping");
    co_await sending{far, there};
    bytes back = co_await receiving{near};
    EXPECT_EQ(back.text(), "ping");
  }
}

TEST_P(uring_without, a_conversation_goes_on) {
  auto [one, other] = pair_of(SOCK_STREAM);
  descriptor near{engine_, std::move(one)};
  descriptor far{engine_, std::move(other)};
  engine_.run(ping(near, far, 100));
}

TEST_P(uring_without, what_nobody_reads_stays_with_its_sender) {
  near_end end{engine_};
  const int room = 8 * 1024 * 1024;
  ::setsockopt(end.theirs.get(), SOL_SOCKET, SO_SNDBUFFORCE, &room, sizeof room);
  put(end.theirs, "x");
  std::string got;
  engine_.run(receive_into(end.ours, got));
  std::size_t sent = 1;
  for (int i = 0; i < 20; ++i) {
    sent += flood(end.theirs, 'x');
    engine_.run(some_turns(engine_));
  }
  constexpr std::size_t pieces_of_a_turn = 32;  // what the kernel takes of one socket before it looks up
  EXPECT_LE(engine_.buffers().lent(), uring_engine::most_pieces_held + pieces_of_a_turn);
  ::shutdown(end.theirs.get(), SHUT_WR);
  engine_.run(receive_to_the_end(end.ours, got));
  EXPECT_EQ(got.size(), sent);
  EXPECT_EQ(engine_.buffers().lent(), 0U);
}

struct listening_end {
  explicit listening_end(ahoy::engine& by) {
    fd made{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
    local.sin_family = AF_INET;
    local.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::bind(made.get(), reinterpret_cast<sockaddr*>(&local), sizeof local), 0);
    EXPECT_EQ(::listen(made.get(), 64), 0);
    socklen_t size = sizeof local;
    EXPECT_EQ(::getsockname(made.get(), reinterpret_cast<sockaddr*>(&local), &size), 0);
    ours = std::make_unique<descriptor>(by, std::move(made));
  }
  void call(int times) {
    for (int i = 0; i < times; ++i) {
      callers.emplace_back(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
      EXPECT_EQ(::connect(callers.back().get(), reinterpret_cast<sockaddr*>(&local), sizeof local), 0);
    }
  }
  sockaddr_in local{};
  std::unique_ptr<descriptor> ours;
  std::vector<fd> callers;
};

task<> accept_one(descriptor& from) {
  accepting one{from};
  const int error = co_await one;
  EXPECT_EQ(error, 0);
}

TEST_P(uring_without, callers_that_nobody_takes_wait_in_the_kernel) {
  listening_end end{engine_};
  end.call(20);
  const std::size_t before = open_descriptors();
  engine_.run(accept_one(*end.ours));
  engine_.run(some_turns(engine_, 2));
  EXPECT_LE(open_descriptors(), before + ahoy::accept_window::width);
}

TEST_P(uring_without, a_closed_listener_hangs_up_on_those_whom_nobody_took) {
  const std::size_t before = open_descriptors();
  {
    uring_engine engine{GetParam().how};
    listening_end end{engine};
    end.call(1);
    engine.run(accept_one(*end.ours));
    end.call(3);
    engine.run(some_turns(engine, 2));  // these are accepted, and nobody takes them
    end.call(3);                        // these may be, and the engine has not heard of it
    end.ours.reset();
    engine.run(some_turns(engine, 1));
    for (const fd& each : end.callers) {
      char next = 0;
      const ssize_t got = ::recv(each.get(), &next, 1, MSG_DONTWAIT);
      EXPECT_TRUE(got == 0 || (got < 0 && errno != EAGAIN)) << "it still waits";
    }
  }
  EXPECT_EQ(open_descriptors(), before);
}

TEST_P(uring_without, an_engine_that_goes_hangs_up_on_those_whom_nobody_took) {
  const std::size_t before = open_descriptors();
  {
    uring_engine engine{GetParam().how};
    listening_end end{engine};
    end.call(1);
    engine.run(accept_one(*end.ours));
    end.call(3);
    end.ours.reset();
  }
  EXPECT_EQ(open_descriptors(), before);
}

std::size_t waiting_in_the_kernel(descriptor& on) {
  std::size_t count = 0;
  for (fd next; next.reset(::accept4(on.number(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK)), next;)
    ++count;
  return count;
}

/// As where a listener is handed over: each is either taken, or waits for whoever accepts next.
TEST_P(uring_without, those_accepted_ahead_can_be_taken) {
  for (const int heard_of : {0, 3, 20}) {
    uring_engine engine{GetParam().how};
    listening_end end{engine};
    end.call(1 + heard_of);
    engine.run(accept_one(*end.ours));
    engine.run(some_turns(engine, 2));
    const std::size_t later = 2;
    end.call(later);  // the kernel may have accepted these, and the engine has not heard of it
    const std::vector<ahoy::accepted_caller> taken = engine.take_accepted(*end.ours);
    const std::size_t all = static_cast<std::size_t>(heard_of) + later;
    EXPECT_EQ(taken.size() + waiting_in_the_kernel(*end.ours), all);
    if (heard_of > 0) {
      EXPECT_GE(taken.size(), std::min<std::size_t>(heard_of, ahoy::accept_window::width - 1));
    }
    EXPECT_LE(taken.size(), 2 * ahoy::accept_window::width);
    for (const ahoy::accepted_caller& each : taken) {
      EXPECT_EQ(::send(each.socket.get(), "x", 1, MSG_NOSIGNAL | MSG_DONTWAIT), 1);
      EXPECT_EQ(each.peer.host(), "127.0.0.1");
      EXPECT_NE(::fcntl(each.socket.get(), F_GETFD) & FD_CLOEXEC, 0);
    }
  }
}

TEST_P(uring_without, nobody_is_accepted_ahead_after_that) {
  listening_end end{engine_};
  end.call(1);
  engine_.run(accept_one(*end.ours));
  EXPECT_TRUE(engine_.take_accepted(*end.ours).empty());
  end.call(3);
  engine_.run(some_turns(engine_));
  EXPECT_TRUE(engine_.take_accepted(*end.ours).empty());
  EXPECT_EQ(waiting_in_the_kernel(*end.ours), 3U);
  end.call(1);
  engine_.run(accept_one(*end.ours));  // who asks again is given the next one
}

TEST_P(uring_without, where_nobody_accepted_nobody_can_be_taken) {
  listening_end end{engine_};
  end.call(2);
  EXPECT_TRUE(engine_.take_accepted(*end.ours).empty());
  EXPECT_EQ(waiting_in_the_kernel(*end.ours), 2U);
}

constexpr lacking lacks[] = {
    {"nothing", {}},
    {"deferred_work", {1024, IORING_SETUP_DEFER_TASKRUN, true}},
    {"a_single_issuer", {1024, IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_SINGLE_ISSUER, true}},
    {"any_flag",
     {1024, IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_COOP_TASKRUN, true}},
    {"limits", {1024, 0, false}},
    {"more_than_one_block", {1, 0, true}},
};
INSTANTIATE_TEST_SUITE_P(every, uring_without, testing::ValuesIn(lacks),
                         [](const auto& tested) { return std::string{tested.param.name}; });

// --- receiving ---

TEST(uring_engine, a_connection_that_nobody_reads_holds_no_more_than_its_limit) {
  uring_engine engine;
  near_end end{engine};
  put(end.theirs, "x");
  std::string got;
  engine.run(receive_into(end.ours, got));
  for (int i = 0; i < 20; ++i) {
    flood(end.theirs, 'x');
    engine.run(some_turns(engine));
  }
  constexpr std::size_t most_blocks = uring_engine::most_held / ahoy::buffer_pool::block_size;
  EXPECT_LE(engine.buffers().lent(), 2 * most_blocks);
}

TEST(uring_engine, a_peer_that_sends_byte_by_byte_holds_one_block) {
  uring_engine engine;
  near_end end{engine};
  std::string got;
  put(end.theirs, "a");
  engine.run(receive_into(end.ours, got));
  for (int i = 1; i < 26; ++i) {
    put(end.theirs, std::string(1, static_cast<char>('a' + i)));
    engine.run(some_turns(engine, 1));
  }
  EXPECT_EQ(engine.buffers().lent(), 1U);
  engine.run(receive_into(end.ours, got));
  EXPECT_EQ(got, "abcdefghijklmnopqrstuvwxyz");
}

TEST(uring_engine, records_that_wait_stay_apart) {
  uring_engine engine;
  near_end end{engine, SOCK_SEQPACKET};
  put(end.theirs, "0");
  std::string got;
  engine.run(receive_into(end.ours, got));
  for (const char* each : {"one", "two", "three"}) put(end.theirs, each);
  engine.run(some_turns(engine));
  for (const char* each : {"one", "two", "three"}) {
    got.clear();
    engine.run(receive_into(end.ours, got));
    EXPECT_EQ(got, each);
  }
}

/// Many who received once and never again, a ring of a few blocks, and one who goes on.
TEST(uring_engine, those_who_do_not_read_starve_nobody) {
  uring_engine engine{{4, 0, true}};
  std::vector<std::unique_ptr<near_end>> lazy;
  std::vector<std::size_t> sent(50, 1);
  std::string first;
  for (std::size_t i = 0; i < sent.size(); ++i) {
    lazy.push_back(std::make_unique<near_end>(engine));
    put(lazy.back()->theirs, "x");
    engine.run(receive_into(lazy.back()->ours, first));
  }
  auto [one, other] = pair_of(SOCK_STREAM);
  descriptor near{engine, std::move(one)};
  descriptor far{engine, std::move(other)};
  for (int turn = 0; turn < 20; ++turn) {
    for (std::size_t i = 0; i < sent.size(); ++i)
      sent[i] += flood(lazy[i]->theirs, static_cast<char>('a' + i % 26));
    engine.run(ping(near, far, 10));
  }
  for (std::size_t i = 0; i < sent.size(); ++i) {
    ::shutdown(lazy[i]->theirs.get(), SHUT_WR);
    std::string rest;
    engine.run(receive_to_the_end(lazy[i]->ours, rest));
    EXPECT_EQ(rest, std::string(sent[i] - 1, static_cast<char>('a' + i % 26)));
  }
}

/// More blocks asked for at once than the ring begins with.
TEST(uring_engine, a_turn_in_which_all_receive_at_once_leaves_nobody_out) {
  uring_engine engine;
  std::vector<std::unique_ptr<near_end>> ends;
  std::vector<std::string> got(200);
  std::vector<task<>> all;
  for (std::string& each : got) {
    ends.push_back(std::make_unique<near_end>(engine));
    put(ends.back()->theirs, "hello");
    all.push_back(receive_into(ends.back()->ours, each));
  }
  engine.run(ahoy::when_all(std::move(all)));
  for (const std::string& each : got) EXPECT_EQ(each, "hello");
}

// --- stops ---

task<> expect_canceled(task<> work) {
  try {
    co_await std::move(work);
    ADD_FAILURE() << "it was not stopped";
  } catch (const std::system_error& thrown) {
    EXPECT_EQ(thrown.code(), std::errc::operation_canceled) << thrown.what();
  }
}

task<> receive_once(descriptor& from) { co_await receiving{from}; }

task<> stop_soon(ahoy::engine& by, task<> work) {
  ahoy::context& here = co_await ahoy::this_context();
  ahoy::scope children{here};
  children.start(expect_canceled(std::move(work)));
  co_await by.sleep(100us);
  children.stop();
  co_await children.join();
}

TEST(uring_engine, what_comes_after_a_stop_is_for_the_next_receive) {
  uring_engine engine;
  near_end end{engine};
  for (int i = 0; i < 50; ++i) {
    engine.run(stop_soon(engine, receive_once(end.ours)));
    put(end.theirs, "kept");
    std::string got;
    engine.run(receive_into(end.ours, got));
    EXPECT_EQ(got, "kept");
  }
}

TEST(uring_engine, after_a_stop_an_error_is_left_to_who_asks_the_socket) {
  uring_engine engine;
  near_end end{engine};
  engine.run(stop_soon(engine, receive_once(end.ours)));
  engine.run(some_turns(engine, 1));
  ASSERT_EQ(::send(end.ours.number(), "unread", 6, MSG_NOSIGNAL), 6);
  end.theirs.reset();  // with bytes unread: a reset
  engine.run(some_turns(engine));
  int error = 0;
  socklen_t size = sizeof error;
  ASSERT_EQ(::getsockopt(end.ours.number(), SOL_SOCKET, SO_ERROR, &error, &size), 0);
  EXPECT_EQ(error, ECONNRESET);
}

task<> send_numbers(ahoy::engine& by, descriptor& to, int count) {
  for (int i = 0; i < count; ++i) {
    const std::string number = std::to_string(i) + ",";
    co_await sending{to, number};
    if (i % 7 == 0) co_await by.sleep(10us);
  }
  ::shutdown(to.number(), SHUT_WR);
}

task<> receive_in_small_waits(descriptor& from, std::string& into) {
  for (;;) {
    receiving next{from, 20us};
    bytes some = co_await next;
    if (some.empty() && !next.timed_out) break;
    into += some.text();
  }
}

TEST(uring_engine, waits_that_end_while_bytes_come_lose_none) {
  uring_engine engine;
  std::vector<std::unique_ptr<descriptor>> all;
  std::vector<std::string> got(20);
  std::vector<task<>> works;
  for (std::string& each : got) {
    auto [one, other] = pair_of(SOCK_STREAM);
    all.push_back(std::make_unique<descriptor>(engine, std::move(one)));
    works.push_back(send_numbers(engine, *all.back(), 2000));
    all.push_back(std::make_unique<descriptor>(engine, std::move(other)));
    works.push_back(receive_in_small_waits(*all.back(), each));
  }
  engine.run(ahoy::when_all(std::move(works)));
  std::string expected;
  for (int i = 0; i < 2000; ++i) expected += std::to_string(i) + ",";
  for (const std::string& each : got) EXPECT_EQ(each, expected);
}

/// What a send that was stopped leaves behind may be given to anybody else at once.
task<> send_and_be_stopped(descriptor& to, std::string& text) {
  ahoy::context& here = co_await ahoy::this_context();
  ahoy::scope children{here};
  struct own {
    static task<> send(descriptor& through, std::string& from) { co_await sending{through, from}; }
  };
  children.start(expect_canceled(own::send(to, text)));
  children.stop();
  co_await children.join();
  text.assign(text.size(), 'z');
}

TEST(uring_engine, the_kernel_sees_nothing_of_a_send_that_was_stopped) {
  uring_engine engine;
  near_end end{engine};
  for (int i = 0; i < 50; ++i) {
    std::string text(100, 'a');
    engine.run(send_and_be_stopped(end.ours, text));
    engine.run(some_turns(engine, 1));
  }
  char next = 0;
  EXPECT_EQ(::recv(end.theirs.get(), &next, 1, MSG_DONTWAIT), -1) << "it got " << next;
  EXPECT_EQ(end.ours.sent, 0U);
}

task<> send_when_told(ahoy::event& told, descriptor& through, const std::string& from) {
  co_await told.wait();
  co_await sending{through, from};
}

task<> stop_when_told(ahoy::event& told, ahoy::scope& whom) {
  co_await told.wait();
  whom.stop();
}

/// More requests in one turn than the queue holds: some are with the kernel when the stop comes.
task<> stop_many_sends(ahoy::engine& by, std::vector<std::unique_ptr<near_end>>& ends,
                       std::vector<std::string>& texts) {
  ahoy::context& here = co_await ahoy::this_context();
  ahoy::scope children{here};
  ahoy::event told{by};
  for (std::size_t i = 0; i < ends.size(); ++i) children.start(send_when_told(told, ends[i]->ours, texts[i]));
  children.start(stop_when_told(told, children));
  told.notify();
  co_await children.join();
  for (std::string& each : texts) each.assign(each.size(), 'z');
}

TEST(uring_engine, a_stop_in_the_middle_of_many_sends_keeps_the_count) {
  uring_engine engine;
  std::vector<std::unique_ptr<near_end>> ends;
  for (int i = 0; i < 600; ++i) ends.push_back(std::make_unique<near_end>(engine));
  std::vector<std::string> texts(ends.size(), std::string(100, 'a'));
  engine.run(stop_many_sends(engine, ends, texts));
  engine.run(some_turns(engine, 2));
  std::size_t whole = 0;
  for (const auto& each : ends) {
    std::array<char, 200> got{};
    const ssize_t size = ::recv(each->theirs.get(), got.data(), got.size(), MSG_DONTWAIT);
    EXPECT_EQ(each->ours.sent, size > 0 ? 100U : 0U);
    if (size <= 0) continue;
    ++whole;
    EXPECT_EQ(std::string_view(got.data(), static_cast<std::size_t>(size)), std::string(100, 'a'));
  }
  EXPECT_GT(whole, 0U);
  EXPECT_LT(whole, ends.size());
}

// --- closing ---

TEST(uring_engine, a_close_is_one_at_once_also_while_a_receive_is_armed) {
  uring_engine engine;
  auto [one, other] = pair_of(SOCK_STREAM);
  {
    descriptor ours{engine, std::move(one)};
    put(other, "x");
    std::string got;
    engine.run(receive_into(ours, got));
  }
  char next = 0;
  EXPECT_EQ(::recv(other.get(), &next, 1, MSG_DONTWAIT), 0) << "the end of the stream is not there";
}

TEST(uring_engine, answers_of_what_is_closed_meet_nobody_else) {
  uring_engine engine;
  const std::size_t before = open_descriptors();
  for (int i = 0; i < 500; ++i) {
    near_end end{engine};
    const std::string text = std::to_string(i);
    put(end.theirs, text);
    std::string got;
    engine.run(receive_into(end.ours, got));
    EXPECT_EQ(got, text);
    put(end.theirs, "never asked for");
  }
  EXPECT_EQ(open_descriptors(), before);
}

#if !AHOY_HAS_FOREIGN_NEW
double processor_time() {
  timespec used{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
  return static_cast<double>(used.tv_sec) + static_cast<double>(used.tv_nsec) / 1e9;
}

/// Until a receive finds no block left; how long that one took of the processor, of 300 ms.
task<> receive_all_blocks(near_end& end, std::vector<bytes>& held, double& used) {
  for (bool is_over = false; !is_over;) {
    put(end.theirs, "x");
    const double before = processor_time();
    bytes some = co_await receiving{end.ours, 300ms};
    is_over = some.empty();
    used = processor_time() - before;
    if (!is_over) held.push_back(std::move(some));
    ahoy_test::blocks_left = 0;  // there are some blocks by now
  }
  ahoy_test::blocks_left = ahoy_test::any_number;
}

TEST(uring_engine, without_memory_for_a_block_it_waits) {
  uring_engine engine;
  near_end end{engine};
  std::vector<bytes> held;
  double used = 0;
  engine.run(receive_all_blocks(end, held, used));
  EXPECT_GT(held.size(), 1U);
  EXPECT_LT(used, 0.15);
  std::string got;
  engine.run(receive_into(end.ours, got));
  EXPECT_EQ(got, "x");
}

#endif

}  // namespace
