#include <ahoy/connection/datagram.hpp>
#include <ahoy/connection/listener.hpp>
#include <ahoy/connection/stream.hpp>
#include <ahoy/engine/operation.hpp>
#include <ahoy/engine/select.hpp>
#include <ahoy/error/error.hpp>
#include <ahoy/task/scope.hpp>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/sockios.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <memory>
#include <string>

namespace {

using namespace std::chrono_literals;
using ahoy::address;
using ahoy::descriptor;
using ahoy::engine_choice;
using ahoy::fd;
using ahoy::listener;
using ahoy::stream;
using ahoy::task;

const address any_port = address::inet(INADDR_LOOPBACK, 0);

/// An operation as it is, its errno value for a result.
template <class Operation>
struct plain final : Operation {
  using Operation::Operation;
  int await_resume() const noexcept { return this->error; }
};

std::pair<fd, fd> pair_of(int type) {
  int made[2];
  EXPECT_EQ(::socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, made), 0);
  return {fd{made[0]}, fd{made[1]}};
}

fd tcp_socket() { return fd{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)}; }

/// What each engine promises of each kind of operation.
class every_operation : public testing::TestWithParam<engine_choice> {
 protected:
  std::unique_ptr<ahoy::engine> engine_ = ahoy::make_engine(GetParam());
};

// --- accept and connect ---

task<> accept_one(listener& from, fd& accepted, address& peer) {
  auto next = co_await from.accept();
  EXPECT_EQ(next.error, 0);
  accepted = std::move(next.socket);
  peer = next.peer;
}

task<> connect_to(descriptor& with, address to, int& error) {
  plain<ahoy::connect_operation> connecting{&with, to};
  error = co_await connecting;
}

TEST_P(every_operation, accept_waits_for_a_caller_and_says_who_it_is) {
  listener listening{*engine_, any_port, 5};
  descriptor calling{*engine_, tcp_socket()};
  fd accepted;
  address peer;
  int error = -1;
  engine_->run(ahoy::when_all(
      ahoy::tasks(accept_one(listening, accepted, peer), connect_to(calling, listening.local(), error))));
  EXPECT_EQ(error, 0);
  address called_from;
  socklen_t size = address::capacity();
  ASSERT_EQ(::getsockname(calling.number(), called_from.data(), &size), 0);
  called_from.set_size(size);
  EXPECT_EQ(peer, called_from);
  EXPECT_TRUE(::fcntl(accepted.get(), F_GETFD) & FD_CLOEXEC);
  EXPECT_FALSE(::fcntl(calling.number(), F_GETFL) & O_NONBLOCK) << "the mode is put back";
}

TEST_P(every_operation, a_connect_that_nobody_listens_for_is_refused) {
  address closed;
  {
    closed = listener{*engine_, any_port, 5}.local();
  }
  descriptor calling{*engine_, tcp_socket()};
  int error = -1;
  engine_->run(connect_to(calling, closed, error));
  EXPECT_EQ(error, ECONNREFUSED);
}

/// A listener whose queue is full: Linux answers no further call, so that it hangs.
struct full_listener {
  explicit full_listener(ahoy::engine& by) : listening{by, any_port, 0} {
    for (fd& each : waiting) {
      each = fd{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
      ::connect(each.get(), listening.local().data(), listening.local().size());
    }
  }
  listener listening;
  std::array<fd, 4> waiting;
};

TEST_P(every_operation, a_connect_that_nobody_answers_ends_at_its_deadline) {
  full_listener full{*engine_};
  descriptor calling{*engine_, tcp_socket()};
  int error = -1;
  engine_->run(
      ahoy::with_deadline(ahoy::clock::now() + 5ms, connect_to(calling, full.listening.local(), error)));
  EXPECT_EQ(error, ETIMEDOUT);
}

// --- ready ---

task<> wait_until_ready(descriptor& on, short events, short& revents) {
  revents = co_await on.engine().ready(on, events);
}

task<> write_to(int number) {
  const std::uint64_t one = 1;
  EXPECT_EQ(::write(number, &one, sizeof one), 8);
  co_return;
}

TEST_P(every_operation, ready_waits_for_a_pipe) {
  int ends[2];
  ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
  descriptor reading{*engine_, fd{ends[0]}};
  fd writing{ends[1]};
  short revents = 0;
  engine_->run(
      ahoy::when_all(ahoy::tasks(wait_until_ready(reading, POLLIN, revents), write_to(writing.get()))));
  EXPECT_EQ(revents, POLLIN);
}

task<> close_it(fd& which) {
  which.reset();
  co_return;
}

TEST_P(every_operation, ready_says_that_a_pipes_other_end_is_gone) {
  int ends[2];
  ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
  descriptor reading{*engine_, fd{ends[0]}};
  fd writing{ends[1]};
  short revents = 0;
  engine_->run(ahoy::when_all(ahoy::tasks(wait_until_ready(reading, POLLIN, revents), close_it(writing))));
  EXPECT_EQ(revents, POLLHUP);
}

TEST_P(every_operation, ready_waits_for_an_eventfd_each_time) {
  descriptor signal{*engine_, fd{::eventfd(0, EFD_CLOEXEC)}};
  for (int i = 0; i < 3; ++i) {
    short revents = 0;
    engine_->run(
        ahoy::when_all(ahoy::tasks(wait_until_ready(signal, POLLIN, revents), write_to(signal.number()))));
    EXPECT_EQ(revents, POLLIN);
    std::uint64_t count = 0;
    ASSERT_EQ(::read(signal.number(), &count, sizeof count), 8);
    EXPECT_EQ(count, 1U);
  }
}

TEST_P(every_operation, a_regular_file_is_always_ready) {
  descriptor file{*engine_, fd{::open("/proc/self/exe", O_RDONLY | O_CLOEXEC)}};
  short revents = 0;
  engine_->run(wait_until_ready(file, POLLIN, revents));
  EXPECT_TRUE(revents & POLLIN);
}

TEST_P(every_operation, one_may_wait_for_each_direction_at_once) {
  auto [near, far] = pair_of(SOCK_STREAM);
  descriptor both{*engine_, std::move(near)};
  short readable = 0;
  short writable = 0;
  engine_->run(ahoy::when_all(ahoy::tasks(wait_until_ready(both, POLLIN, readable),
                                          wait_until_ready(both, POLLOUT, writable), write_to(far.get()))));
  EXPECT_TRUE(readable & POLLIN);
  EXPECT_TRUE(writable & POLLOUT);
}

// --- edge: the only news of what happens to our half after it is closed ---

struct tcp_pair {
  explicit tcp_pair(ahoy::engine& by) {
    listener listening{by, any_port, 5};
    fd calling = tcp_socket();
    EXPECT_EQ(::connect(calling.get(), listening.local().data(), listening.local().size()), 0);
    fd accepted{::accept4(listening.native().number(), nullptr, nullptr, SOCK_CLOEXEC)};
    near = std::make_unique<stream>(by, std::move(calling));
    far = std::make_unique<stream>(by, std::move(accepted));
  }
  std::unique_ptr<stream> near, far;
};

int unacknowledged(ahoy::connection& of) {
  int bytes = 0;
  EXPECT_EQ(::ioctl(of.native()->number(), SIOCOUTQ, &bytes), 0);
  return bytes;
}

task<> fill(ahoy::connection& to) {
  const std::string much(64 * 1024, 'x');
  to.set_timeout(5ms);
  try {
    for (;;) co_await to.send(much);
  } catch (const ahoy::error& full) {
    EXPECT_EQ(full.code(), std::errc::timed_out);
  }
  to.set_timeout(ahoy::no_timeout);
}

task<> until_acknowledged(ahoy::connection& of) {
  while (unacknowledged(of) > 0) co_await ahoy::edge_operation{of.native()};
}

task<> receive_all(ahoy::connection& from) {
  for (;;) {
    ahoy::bytes received = co_await from.receive();
    if (received.empty()) break;
  }
}

TEST_P(every_operation, an_edge_tells_that_the_end_of_our_half_was_acknowledged) {
  tcp_pair ends{*engine_};
  engine_->run(fill(*ends.near));
  ends.near->shutdown_send();
  ASSERT_GT(unacknowledged(*ends.near), 0);
  engine_->run(ahoy::when_all(ahoy::tasks(until_acknowledged(*ends.near), receive_all(*ends.far))));
  EXPECT_EQ(unacknowledged(*ends.near), 0);
}

int socket_error(ahoy::connection& of) {
  int error = 0;
  socklen_t size = sizeof error;
  EXPECT_EQ(::getsockopt(of.native()->number(), SOL_SOCKET, SO_ERROR, &error, &size), 0);
  return error;
}

task<> until_error(ahoy::connection& of, int& error) {
  for (error = socket_error(of); error == 0; error = socket_error(of))
    co_await ahoy::edge_operation{of.native()};
}

task<> send_text(ahoy::connection& to, std::string text) { co_await to.send(text); }

task<> close_connection(std::unique_ptr<stream>& which) {
  which.reset();
  co_return;
}

TEST_P(every_operation, an_edge_tells_of_a_reset_that_comes_after_the_end_of_the_stream) {
  tcp_pair ends{*engine_};
  ends.far->shutdown_send();
  engine_->run(receive_all(*ends.near));
  engine_->run(send_text(*ends.near, "never read"));
  short revents = 0;
  engine_->run(wait_until_ready(*ends.far->native(), POLLIN, revents));
  int error = 0;
  engine_->run(ahoy::when_all(ahoy::tasks(until_error(*ends.near, error), close_connection(ends.far))));
  EXPECT_TRUE(error == ECONNRESET || error == EPIPE) << error;
}

// --- time ---

task<> sleep_then_note(ahoy::engine& by, ahoy::duration length, std::string& trail, char mark) {
  co_await by.sleep(length);
  trail += mark;
}

TEST_P(every_operation, sleeps_end_in_the_order_in_which_they_are_due) {
  std::string trail;
  engine_->run(ahoy::when_all(
      ahoy::tasks(sleep_then_note(*engine_, 6ms, trail, 'c'), sleep_then_note(*engine_, 2ms, trail, 'a'),
                  sleep_then_note(*engine_, 4ms, trail, 'b'), sleep_then_note(*engine_, -1ms, trail, '0'))));
  EXPECT_EQ(trail, "0abc");
}

task<> sleep_long(ahoy::engine& by) { co_await by.sleep(1h); }
task<> sleep_by(ahoy::engine& by, ahoy::time_point when) {
  co_await ahoy::with_deadline(when, sleep_long(by));
}

std::errc cause_of(ahoy::engine& by, task<> work) {
  try {
    by.run(std::move(work));
  } catch (const std::system_error& caught) {
    return static_cast<std::errc>(caught.code().value());
  }
  return std::errc{};
}

TEST_P(every_operation, the_earlier_one_of_two_nested_deadlines_ends_a_wait) {
  const ahoy::time_point soon = ahoy::clock::now() + 2ms;
  const ahoy::time_point late = ahoy::clock::now() + 1h;
  EXPECT_EQ(cause_of(*engine_, ahoy::with_deadline(late, sleep_by(*engine_, soon))), std::errc::timed_out);
  EXPECT_EQ(cause_of(*engine_, ahoy::with_deadline(soon, sleep_by(*engine_, late))), std::errc::timed_out);
}

task<> send_nothing_for_ever(ahoy::connection& to) {
  for (;;) co_await to.send("");
}

TEST_P(every_operation, one_who_never_waits_sees_its_deadline) {
  auto [near, far] = pair_of(SOCK_STREAM);
  stream to{*engine_, std::move(near)};
  const auto soon = ahoy::clock::now() + 2ms;
  EXPECT_EQ(cause_of(*engine_, ahoy::with_deadline(soon, send_nothing_for_ever(to))), std::errc::timed_out);
}

task<> be_ready_for_ever(descriptor& on) {
  for (;;) co_await on.engine().ready(on, POLLOUT);
}

TEST_P(every_operation, what_is_always_ready_sees_its_deadline) {
  auto [near, far] = pair_of(SOCK_STREAM);
  descriptor on{*engine_, std::move(near)};
  const auto soon = ahoy::clock::now() + 2ms;
  EXPECT_EQ(cause_of(*engine_, ahoy::with_deadline(soon, be_ready_for_ever(on))), std::errc::timed_out);
}

task<> receive_after_many_that_did_not_wait(ahoy::connection& of, bool& ended) {
  for (int i = 0; i < 64; ++i) co_await of.send("");
  ahoy::bytes received = co_await of.receive();
  ended = received.empty();
}

task<> end_receiving(ahoy::connection& of) {
  of.shutdown_receive();
  co_return;
}

TEST_P(every_operation, one_that_was_put_off_for_others_sees_what_they_ended) {
  auto [near, far] = pair_of(SOCK_STREAM);
  stream link{*engine_, std::move(near)};
  link.set_timeout(20s);
  bool ended = false;
  engine_->run(
      ahoy::when_all(ahoy::tasks(receive_after_many_that_did_not_wait(link, ended), end_receiving(link))));
  EXPECT_TRUE(ended);
}

// --- a stop ends every kind ---

/// A wait that never ends by itself, on a socket of the kind given.
struct wait_kind {
  const char* name;
  int socket_type;
  task<> (*wait)(descriptor& on);
};

task<> receive_on(descriptor& on) {
  plain<ahoy::receive_operation> waiting{&on};
  const int error = co_await waiting;
  ahoy::throw_if_failed(error, "", "");
}

task<> send_on(descriptor& on) {
  const std::string much(16 * 1024 * 1024, 'x');
  plain<ahoy::send_operation> waiting{&on, much};
  const int error = co_await waiting;
  ahoy::throw_if_failed(error, "", "");
}

task<> receive_from_on(descriptor& on) {
  ahoy::received_datagrams into{on.engine().buffers()};
  plain<ahoy::receive_from_operation> waiting{&on, into};
  const int error = co_await waiting;
  ahoy::throw_if_failed(error, "", "");
}

task<> send_to_on(descriptor& on) {
  const ahoy::datagram_header connected;
  for (;;) {
    plain<ahoy::send_to_operation> waiting{&on, "one more", connected};
    const int error = co_await waiting;
    ahoy::throw_if_failed(error, "", "");
  }
}

task<> ready_on(descriptor& on) { co_await on.engine().ready(on, POLLIN); }

task<> edge_on(descriptor& on) {
  for (;;) co_await ahoy::edge_operation{&on};
}

task<> sleep_on(descriptor& on) { co_await on.engine().sleep(1h); }

task<> event_on(descriptor& on) {
  ahoy::event nothing{on.engine()};
  co_await nothing.wait();
}

task<> accept_on(descriptor& on) {
  listener listening{on.engine(), any_port, 5};
  auto next = co_await listening.accept();
  ahoy::throw_if_failed(next.error, "", "");
}

task<> connect_on(descriptor& on) {
  full_listener full{on.engine()};
  descriptor calling{on.engine(), tcp_socket()};
  plain<ahoy::connect_operation> waiting{&calling, full.listening.local()};
  const int error = co_await waiting;
  ahoy::throw_if_failed(error, "", "");
}

constexpr wait_kind kinds[] = {
    {"receive", SOCK_STREAM, receive_on},
    {"send", SOCK_STREAM, send_on},
    {"receive_from", SOCK_DGRAM, receive_from_on},
    {"send_to", SOCK_DGRAM, send_to_on},
    {"ready", SOCK_STREAM, ready_on},
    {"edge", SOCK_STREAM, edge_on},
    {"sleep", SOCK_STREAM, sleep_on},
    {"event", SOCK_STREAM, event_on},
    {"accept", SOCK_STREAM, accept_on},
    {"connect", SOCK_STREAM, connect_on},
};

class every_wait : public testing::TestWithParam<std::tuple<engine_choice, wait_kind>> {
 protected:
  std::unique_ptr<ahoy::engine> engine_ = ahoy::make_engine(std::get<0>(GetParam()));
  wait_kind kind_ = std::get<1>(GetParam());
  std::pair<fd, fd> ends_ = pair_of(kind_.socket_type);
  descriptor near_{*engine_, std::move(ends_.first)};
};

task<> catch_cause(task<> work, std::error_code& cause) {
  try {
    co_await std::move(work);
  } catch (const std::system_error& caught) {
    cause = caught.code();
  }
}

task<> stop_it(ahoy::engine& by, task<> work, std::error_code& cause) {
  ahoy::context& here = co_await ahoy::this_context();
  ahoy::scope children{here};
  children.start(catch_cause(std::move(work), cause));
  co_await by.sleep(1ms);
  EXPECT_EQ(children.size(), 1U) << "it ended by itself";
  children.stop();
  co_await children.join();
}

TEST_P(every_wait, ends_when_it_is_stopped) {
  std::error_code cause;
  engine_->run(stop_it(*engine_, kind_.wait(near_), cause));
  EXPECT_EQ(cause, std::errc::operation_canceled);
}

TEST_P(every_wait, ends_at_its_contexts_deadline) {
  std::error_code cause;
  engine_->run(catch_cause(ahoy::with_deadline(ahoy::clock::now() + 2ms, kind_.wait(near_)), cause));
  EXPECT_EQ(cause, std::errc::timed_out);
}

task<> stop_first(task<> work, std::error_code& cause) {
  ahoy::context& here = co_await ahoy::this_context();
  ahoy::scope children{here};
  children.stop();
  children.start(catch_cause(std::move(work), cause));
  EXPECT_EQ(children.size(), 0U);
  co_await children.join();
}

TEST_P(every_wait, does_not_begin_when_it_is_stopped_already) {
  std::error_code cause;
  engine_->run(stop_first(kind_.wait(near_), cause));
  EXPECT_EQ(cause, std::errc::operation_canceled);
}

task<> stop_and_meet_the_deadline(task<> work, std::error_code& cause, ahoy::engine& by) {
  ahoy::context& here = co_await ahoy::this_context();
  ahoy::scope children{here};
  const ahoy::time_point due = ahoy::clock::now() + 1ms;
  children.start(catch_cause(ahoy::with_deadline(due, std::move(work)), cause));
  co_await by.sleep(1ms);  // due together with the deadline: whichever comes first, it ends once
  children.stop();
  co_await children.join();
}

TEST_P(every_wait, ends_once_where_a_stop_meets_its_deadline) {
  std::error_code cause;
  engine_->run(stop_and_meet_the_deadline(kind_.wait(near_), cause, *engine_));
  EXPECT_TRUE(cause == std::errc::timed_out || cause == std::errc::operation_canceled) << cause.message();
}

std::string name_of(engine_choice which) { return std::string{ahoy::to_string(which)}; }

constexpr engine_choice engines[] = {engine_choice::epoll, engine_choice::uring, engine_choice::blocking};

INSTANTIATE_TEST_SUITE_P(every, every_operation, testing::ValuesIn(engines),
                         [](const auto& tested) { return name_of(tested.param); });
INSTANTIATE_TEST_SUITE_P(every, every_wait,
                         testing::Combine(testing::ValuesIn(engines), testing::ValuesIn(kinds)),
                         [](const auto& tested) {
                           return name_of(std::get<0>(tested.param)) + "_" + std::get<1>(tested.param).name;
                         });

}  // namespace
