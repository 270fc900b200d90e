#include <ahoy/connection/listener.hpp>
#include <ahoy/connection/pipe.hpp>
#include <ahoy/connection/stream.hpp>
#include <ahoy/connection/tls.hpp>
#include <ahoy/connection/tls_identity.hpp>
#include <ahoy/connection/tls_session.hpp>
#include <ahoy/engine/engine.hpp>
#include <ahoy/engine/select.hpp>
#include <ahoy/error/error.hpp>
#include <ahoy/socket/socket.hpp>
#include <ahoy/task/scope.hpp>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <tests/both_ends.hpp>
#include <unistd.h>

#include <cstdio>
#include <memory>
#include <string>
#include <thread>

namespace {

using namespace std::chrono_literals;
using ahoy::bytes;
using ahoy::connection;
using ahoy::engine_choice;
using ahoy::task;
using ahoy_test::ends;
using ahoy_test::socket_pair;

ends tcp_pair(ahoy::engine& by) {
  ahoy::listener listening{by, ahoy::address::inet(INADDR_LOOPBACK, 0), 1};
  ahoy::socket calling{ahoy::family::inet};
  calling.connect(listening.local());
  ahoy::fd accepted{::accept4(listening.native().number(), nullptr, nullptr, SOCK_CLOEXEC)};
  return {std::make_unique<ahoy::stream>(by, calling.detach()),
          std::make_unique<ahoy::stream>(by, std::move(accepted))};
}

ends memory_pair(ahoy::engine& by) { return ahoy::make_pipe(by); }

/// The two sides of TLS: one key, which both know each other by.
struct sides {
  sides() {
    std::string name = testing::TempDir() + "ahoy-identity-XXXXXX";
    const ahoy::fd file{::mkstemp(name.data())};
    const std::string identity = ahoy::make_identity("DNS:localhost");
    EXPECT_EQ(::write(file.get(), identity.data(), identity.size()), static_cast<ssize_t>(identity.size()));
    ahoy::tls_options how;
    how.certificate = name;
    how.trusted_keys = {ahoy::key_fingerprint(name)};
    client = ahoy::make_tls_client(how);
    server = ahoy::make_tls_server(how);
    ::unlink(name.c_str());
  }
  std::shared_ptr<const ahoy::security> client, server;
};

ends secured(ahoy::engine& by, ends plain) {
  static const sides both;
  ends made{both.client->over(std::move(plain.first), "localhost", "server"),
            both.server->over(std::move(plain.second), "", "client")};
  by.run(ahoy::when_all(ahoy::tasks(made.first->handshake(), made.second->handshake())));
  return made;
}

ends tls_pair(ahoy::engine& by) { return secured(by, tcp_pair(by)); }
ends tls_memory_pair(ahoy::engine& by) { return secured(by, memory_pair(by)); }

/// What every engine promises, over sockets and in memory.
class engine_behaviour : public ahoy_test::between_ends {};

task<> echo_all(connection& peer) {
  for (;;) {
    bytes received = co_await peer.receive();
    if (received.empty()) break;
    co_await peer.send(received);
  }
  peer.shutdown_send();
}

task<> send_and_end(connection& to, std::string text) {
  co_await to.send(text);
  to.shutdown_send();
}

task<> receive_all(connection& from, std::string& into) {
  for (;;) {
    bytes received = co_await from.receive();
    if (received.empty()) break;
    into += received.text();
  }
}

TEST_P(engine_behaviour, carries_a_megabyte_both_ways_at_once) {
  std::string sent(1 << 20, 'x');
  for (std::size_t i = 0; i < sent.size(); ++i) sent[i] = static_cast<char>(i * 31 % 251);
  std::string back;
  engine_->run(
      ahoy::when_all(ahoy::tasks(send_and_end(near_, sent), receive_all(near_, back), echo_all(far_))));
  EXPECT_EQ(back, sent);
}

/// The first of all: a handler that waits for its peer and for another source at once.
struct duplex {
  explicit duplex(ahoy::engine& by) : said{by} {}
  task<> serve(connection& peer) { co_await ahoy::when_any(ahoy::tasks(hear(peer), say(peer))); }
  task<> hear(connection& peer) { co_await receive_all(peer, heard); }
  task<> say(connection& peer) {
    for (;;) {
      co_await said.wait();
      co_await peer.send("said;");
    }
  }
  ahoy::event said;
  std::string heard;
};

task<> speak_twice(ahoy::engine& by, ahoy::event& said, connection& peer, std::string& got) {
  for (int i = 0; i < 2; ++i) {
    co_await by.sleep(1ms);
    said.notify();
    bytes received = co_await peer.receive();
    got += received.text();
    co_await peer.send("heard;");
  }
  peer.shutdown_send();
}

TEST_P(engine_behaviour, a_handler_awaits_its_peer_and_a_room_at_once) {
  duplex handler{*engine_};
  std::string got;
  engine_->run(
      ahoy::when_all(ahoy::tasks(handler.serve(near_), speak_twice(*engine_, handler.said, far_, got))));
  EXPECT_EQ(handler.heard, "heard;heard;");
  EXPECT_EQ(got, "said;said;");
}

task<> expect_cause(task<> work, std::errc cause) {
  try {
    co_await std::move(work);
    ADD_FAILURE() << "nothing was thrown";
  } catch (const std::system_error& thrown) {
    EXPECT_EQ(thrown.code(), cause) << thrown.what();
  }
}

task<> receive_once(connection& from) { co_await from.receive(); }

task<> expect_hint(task<> work, std::string hint) {
  try {
    co_await std::move(work);
    ADD_FAILURE() << "nothing was thrown";
  } catch (const ahoy::error& thrown) {
    EXPECT_EQ(thrown.hint(), hint) << thrown.what();
  }
}

TEST_P(engine_behaviour, a_timeout_says_what_the_peer_did_not_do) {
  near_.set_timeout(5ms);
  engine_->run(expect_hint(receive_once(near_), "it said nothing for too long"));
  engine_->run(expect_hint(ahoy::with_deadline(ahoy::clock::now(), receive_once(near_)), ""));
  const auto fill = [](connection& to) -> task<> {
    const std::string much(64 * 1024, 'x');
    for (;;) co_await to.send(much);
  };
  engine_->run(expect_hint(fill(near_), "it took nothing for too long"));
}

TEST_P(engine_behaviour, a_receive_ends_at_its_timeout) {
  near_.set_timeout(5ms);
  engine_->run(expect_cause(receive_once(near_), std::errc::timed_out));
}

TEST_P(engine_behaviour, a_receive_ends_at_its_contexts_deadline) {
  engine_->run(
      expect_cause(ahoy::with_deadline(ahoy::clock::now() + 5ms, receive_once(near_)), std::errc::timed_out));
}

task<> stop_while_receiving(ahoy::engine& by, connection& from) {
  ahoy::context& here = co_await ahoy::this_context();
  ahoy::scope children{here};
  children.start(expect_cause(receive_once(from), std::errc::operation_canceled));
  co_await by.sleep(1ms);
  children.stop();
  co_await children.join();
}

TEST_P(engine_behaviour, a_stop_ends_a_receive_and_is_joined) {
  engine_->run(stop_while_receiving(*engine_, near_));
}

task<> receive_into(connection& from, std::string& into) {
  bytes received = co_await from.receive();
  into += received.text();
}

task<> send_to_both(connection& one, connection& other) {
  co_await one.send("x");
  co_await other.send("x");
}

/// Something has come for both in one turn, and the first stops the other: what that one was not given is
/// still there.
TEST_P(engine_behaviour, one_for_whom_something_came_may_be_stopped_by_another) {
  const auto [third, fourth] = GetParam().join(*engine_);
  std::string first, second;
  engine_->run(ahoy::when_all(
      ahoy::tasks(ahoy::when_any(ahoy::tasks(receive_into(near_, first), receive_into(*third, second))),
                  send_to_both(far_, *fourth))));
  EXPECT_FALSE(first.empty() && second.empty());
  if (first.empty()) engine_->run(receive_into(near_, first));
  if (second.empty()) engine_->run(receive_into(*third, second));
  EXPECT_EQ(first + second, "xx");
}

task<> send_and_block(connection& to) {
  co_await to.send("x");
  std::this_thread::sleep_for(20ms);
}

TEST_P(engine_behaviour, what_came_in_time_is_received_though_nobody_looked_for_long) {
  near_.set_timeout(5ms);
  std::string received;
  engine_->run(ahoy::when_all(ahoy::tasks(receive_into(near_, received), send_and_block(far_))));
  EXPECT_EQ(received, "x");
}

task<> nothing_within(connection& from) {
  std::optional<bytes> received = co_await from.receive_within(2ms);
  EXPECT_FALSE(received.has_value());
}

TEST_P(engine_behaviour, receive_within_says_that_nothing_came) { engine_->run(nothing_within(near_)); }

task<> send_forever(connection& to) {
  const std::string much(1 << 20, 'x');
  for (;;) co_await to.send(much);
}

TEST_P(engine_behaviour, a_send_to_one_who_does_not_read_ends_at_its_timeout) {
  near_.set_timeout(10ms);
  engine_->run(expect_cause(send_forever(near_), std::errc::timed_out));
}

task<> end_then_receive(connection& near, connection& far) {
  far.shutdown_send();
  for (int i = 0; i < 2; ++i) {
    bytes received = co_await near.receive();
    EXPECT_TRUE(received.empty());
  }
  co_await near.send("still open this way");
  bytes received = co_await far.receive();
  EXPECT_EQ(received.text(), "still open this way");
}

TEST_P(engine_behaviour, one_half_closes_alone) { engine_->run(end_then_receive(near_, far_)); }

task<> end_a_pending_receive(ahoy::engine& by, connection& near) {
  co_await by.sleep(1ms);
  near.shutdown_receive();
}

TEST_P(engine_behaviour, shutdown_receive_ends_a_pending_receive) {
  std::string got;
  engine_->run(ahoy::when_all(ahoy::tasks(receive_all(near_, got), end_a_pending_receive(*engine_, near_))));
  EXPECT_EQ(got, "");
}

task<> end_receiving_between(ahoy::engine& by, connection& near, connection& far) {
  co_await far.send("one");
  ahoy::bytes first = co_await near.receive();
  EXPECT_EQ(first.text(), "one");
  co_await far.send("two");
  co_await by.sleep(1ms);  // an engine that reads ahead has it
  near.shutdown_receive();
  co_await far.send("three");
  ahoy::bytes second = co_await near.receive();
  EXPECT_TRUE(second.text().starts_with("two")) << second.text();
  EXPECT_FALSE(near.left_unheard()) << "nobody was told of an end";
  ahoy::bytes end = co_await near.receive();
  EXPECT_TRUE(end.empty());
  co_await far.send("four");
  co_await by.sleep(1ms);
  EXPECT_TRUE(near.left_unheard());
}

TEST_P(engine_behaviour,
       what_has_come_by_shutdown_receive_is_received_and_what_comes_later_is_known_to_be_lost) {
  engine_->run(end_receiving_between(*engine_, near_, far_));
}

TEST_P(engine_behaviour, an_idle_connection_owns_no_buffer) {
  engine_->run(stop_while_receiving(*engine_, near_));
  EXPECT_EQ(engine_->buffers().lent(), 0U);
}

task<> discard_all(connection& from, std::size_t& count) {
  bytes first = co_await from.receive();
  count += first.size();
  for (std::optional<std::size_t> got = first.size(); got; count += got.value_or(0))
    got = co_await from.discard();
  const std::optional<std::size_t> after_the_end = co_await from.discard();
  EXPECT_FALSE(after_the_end);
}

TEST_P(engine_behaviour, what_is_discarded_is_counted) {
  std::size_t count = 0;
  const std::string sent(1 << 20, 'x');
  engine_->run(ahoy::when_all(ahoy::tasks(send_and_end(near_, sent), discard_all(far_, count))));
  EXPECT_EQ(count, sent.size());
  EXPECT_EQ(far_.bytes_received(), sent.size());
  if (GetParam().join == tls_pair)
    return;  // what it says after its handshake (tickets) waits at the near side
  EXPECT_EQ(engine_->buffers().lent(), 0U);
}

task<> discard_once(connection& from) { co_await from.discard(); }

TEST_P(engine_behaviour, a_discard_ends_at_its_timeout) {
  near_.set_timeout(5ms);
  engine_->run(expect_cause(discard_once(near_), std::errc::timed_out));
}

using file_pointer = std::unique_ptr<std::FILE, int (*)(std::FILE*)>;

/// Its position is at its begin.
file_pointer file_with(const std::string& content) {
  file_pointer made{std::tmpfile(), std::fclose};
  std::fwrite(content.data(), 1, content.size(), made.get());
  std::rewind(made.get());
  return made;
}

/// By file, and what cannot be sent so as users do: read and sent.
task<> send_file_and_end(connection& to, int file, std::size_t& by_file) {
  std::size_t taken = 0;
  do {
    taken = co_await to.send_file(file, 100'000);
    EXPECT_LE(taken, 100'000U);
    by_file += taken;
  } while (taken > 0);
  char piece[1000];
  for (ssize_t got = 0; (got = ::read(file, piece, sizeof piece)) > 0;)
    co_await to.send(std::string_view(piece, static_cast<std::size_t>(got)));
  to.shutdown_send();
}

TEST_P(engine_behaviour, a_file_is_sent_from_its_position_on) {
  std::string content;
  for (int i = 0; content.size() < 1'000'000; ++i) content += std::to_string(i) + ' ';
  const file_pointer file = file_with(content);
  const int number = ::fileno(file.get());
  ::lseek(number, 1000, SEEK_SET);
  std::string got;
  std::size_t by_file = 0;
  engine_->run(
      ahoy::when_all(ahoy::tasks(send_file_and_end(near_, number, by_file), receive_all(far_, got))));
  EXPECT_TRUE(got == content.substr(1000));
  EXPECT_EQ(near_.bytes_sent(), got.size());
  EXPECT_EQ(by_file, near_.native() ? got.size() : 0);
  if (near_.native()) {
    EXPECT_EQ(::fcntl(near_.native()->number(), F_GETFL) & O_NONBLOCK, 0);
  }
}

task<> send_file_for_ever(connection& to, int file) {
  for (;;) {
    ::lseek(file, 0, SEEK_SET);
    const std::size_t taken = co_await to.send_file(file, 1 << 20);
    if (taken == 0) co_await to.send("a transport that has no files\n");
  }
}

TEST_P(engine_behaviour, a_file_for_one_who_does_not_read_ends_at_its_timeout) {
  const file_pointer file = file_with(std::string(1 << 20, 'x'));
  near_.set_timeout(10ms);
  engine_->run(expect_cause(send_file_for_ever(near_, ::fileno(file.get())), std::errc::timed_out));
}

TEST_P(engine_behaviour, what_is_no_file_to_be_sent_is_left_to_be_read) {
  int made[2];
  ASSERT_EQ(::pipe(made), 0);
  const ahoy::fd reading{made[0]};
  ASSERT_EQ(::write(made[1], "hello", 5), 5);
  ::close(made[1]);
  std::string got;
  std::size_t by_file = 0;
  engine_->run(
      ahoy::when_all(ahoy::tasks(send_file_and_end(near_, reading.get(), by_file), receive_all(far_, got))));
  EXPECT_EQ(got, "hello");
}

task<> wait_and_note(ahoy::event& until, std::string& trail, std::string name) {
  co_await until.wait();
  trail += name;
}

task<> notify_when_all_wait(ahoy::event& one) {
  one.notify();
  co_return;
}

TEST_P(engine_behaviour, an_event_wakes_all_who_wait_in_the_order_in_which_they_came) {
  ahoy::event it{*engine_};
  std::string trail;
  engine_->run(ahoy::when_all(ahoy::tasks(wait_and_note(it, trail, "1"), wait_and_note(it, trail, "2"),
                                          wait_and_note(it, trail, "3"), notify_when_all_wait(it))));
  EXPECT_EQ(trail, "123");
}

task<> wait_twice(ahoy::event& until, std::string& trail, std::string name) {
  co_await until.wait();
  trail += name;
  co_await until.wait();
  trail += name;
}

task<> notify_twice(ahoy::engine& by, ahoy::event& it) {
  it.notify();
  co_await by.sleep(0ms);
  it.notify();
}

TEST_P(engine_behaviour, who_waits_for_an_event_again_keeps_its_place) {
  ahoy::event it{*engine_};
  std::string trail;
  engine_->run(ahoy::when_all(
      ahoy::tasks(wait_twice(it, trail, "1"), wait_twice(it, trail, "2"), notify_twice(*engine_, it))));
  EXPECT_EQ(trail, "1212");
}

task<> wait_in_vain(ahoy::event& until, bool& came) { came = co_await until.wait(2ms); }

TEST_P(engine_behaviour, a_wait_for_an_event_says_that_its_limit_passed) {
  ahoy::event it{*engine_};
  bool came = true;
  engine_->run(wait_in_vain(it, came));
  EXPECT_FALSE(came);
}

task<> stop_those_who_wait(ahoy::engine& by) {
  ahoy::context& here = co_await ahoy::this_context();
  ahoy::scope children{here};
  auto it = std::make_unique<ahoy::event>(by);
  std::string trail;
  children.start(wait_and_note(*it, trail, "1"));
  children.start(wait_and_note(*it, trail, "2"));
  children.stop();
  it.reset();
  co_await children.join();
  EXPECT_EQ(trail, "");
}

TEST_P(engine_behaviour, an_event_may_go_before_those_whose_wait_was_stopped) {
  engine_->run(stop_those_who_wait(*engine_));
}

task<> never(ahoy::event& nothing) { co_await nothing.wait(); }

TEST_P(engine_behaviour, waiting_for_nothing_is_a_mistake_and_said) {
  // The tasks that wait are lost with the engine; only a child process can show that.
  EXPECT_DEATH(
      {
        ahoy::event nothing{*engine_};
        try {
          engine_->run(never(nothing));
        } catch (const std::logic_error&) {
          std::terminate();
        }
      },
      "");
}

task<> many_awaits(int count, long& sum) {
  struct one {
    static task<int> next(int value) { co_return value; }
  };
  for (int i = 0; i < count; ++i) {
    const int value = co_await one::next(i);
    sum += value;
  }
}

TEST_P(engine_behaviour, a_million_awaits_that_finish_at_once_stay_flat) {
  long sum = 0;
  engine_->run(many_awaits(1'000'000, sum));
  EXPECT_EQ(sum, 499'999'500'000L);
}

task<> talk_on(connection& to, bool& other_ran) {
  while (!other_ran) co_await to.send("");
}

task<> set_after_turn(ahoy::engine& by, bool& ran) {
  co_await by.sleep(0ms);
  ran = true;
}

TEST_P(engine_behaviour, one_who_never_waits_does_not_keep_others_from_running) {
  const bool is_socket = GetParam().join == socket_pair || GetParam().join == tcp_pair;
  if (!is_socket) return;  // an empty send to memory, or by TLS, involves no engine
  bool ran = false;
  engine_->run(ahoy::when_all(ahoy::tasks(talk_on(near_, ran), set_after_turn(*engine_, ran))));
  EXPECT_TRUE(ran);
}

constexpr ahoy_test::ends_setting settings[] = {
    {"epoll_socket", engine_choice::epoll, socket_pair},
    {"epoll_tcp", engine_choice::epoll, tcp_pair},
    {"epoll_memory", engine_choice::epoll, memory_pair},
    {"epoll_tls", engine_choice::epoll, tls_pair},
    {"epoll_tls_memory", engine_choice::epoll, tls_memory_pair},
    {"uring_socket", engine_choice::uring, socket_pair},
    {"uring_tcp", engine_choice::uring, tcp_pair},
    {"uring_memory", engine_choice::uring, memory_pair},
    {"uring_tls", engine_choice::uring, tls_pair},
    {"uring_tls_memory", engine_choice::uring, tls_memory_pair},
    {"blocking_socket", engine_choice::blocking, socket_pair},
    {"blocking_tcp", engine_choice::blocking, tcp_pair},
    {"blocking_memory", engine_choice::blocking, memory_pair},
    {"blocking_tls", engine_choice::blocking, tls_pair},
    {"blocking_tls_memory", engine_choice::blocking, tls_memory_pair},
};

INSTANTIATE_TEST_SUITE_P(every, engine_behaviour, testing::ValuesIn(settings),
                         [](const auto& tested) { return std::string{tested.param.name}; });

}  // namespace
