#include <ahoy/connection/listener.hpp>
#include <ahoy/connection/stream.hpp>
#include <ahoy/engine/select.hpp>
#include <ahoy/error/error.hpp>
#include <ahoy/socket/socket.hpp>
#include <ahoy/task/scope.hpp>

#include <gtest/gtest.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <memory>
#include <optional>
#include <string>
#include <thread>

namespace {

using namespace std::chrono_literals;
using ahoy::address;
using ahoy::connection;
using ahoy::stream;
using ahoy::task;

class stream_over_tcp : public testing::Test {
 protected:
  /// A stream of ours, and a plain socket at its other end.
  void join(const address& on) {
    ahoy::listener listening{*engine_, on, 5};
    address called = listening.local();
    if (called.is_any()) called = address::inet(INADDR_LOOPBACK, called.port());
    peer_ = std::make_unique<ahoy::socket>(called.family());
    peer_->settimeout(20s);
    peer_->connect(called);
    address from;
    socklen_t size = address::capacity();
    ahoy::fd accepted{::accept4(listening.native().number(), from.data(), &size, SOCK_CLOEXEC)};
    from.set_size(size);
    stream_ = std::make_unique<stream>(*engine_, std::move(accepted), from);
  }
  int option(int level, int name) {
    int value = 0;
    socklen_t size = sizeof value;
    EXPECT_EQ(::getsockopt(stream_->native()->number(), level, name, &value, &size), 0);
    return value;
  }

  std::unique_ptr<ahoy::engine> engine_ = ahoy::make_engine();
  std::unique_ptr<ahoy::socket> peer_;
  std::unique_ptr<stream> stream_;
};

task<> send_text(connection& to, std::string text) { co_await to.send(text); }

task<> receive_text(connection& from, std::string& into) {
  ahoy::bytes received = co_await from.receive();
  into = received.text();
}

TEST_F(stream_over_tcp, knows_its_halves_and_is_called_by_its_peers_address) {
  join(address::inet(INADDR_LOOPBACK, 0));
  EXPECT_EQ(stream_->local(), peer_->getpeername());
  EXPECT_EQ(stream_->remote(), peer_->getsockname());
  EXPECT_EQ(stream_->label(), peer_->getsockname().to_string());
  EXPECT_EQ(stream_->transport(), "tcp");
}

TEST_F(stream_over_tcp, an_ipv4_caller_of_an_ipv6_listener_is_called_by_its_ipv4_address) {
  join(address::inet6(in6addr_any, 0));
  EXPECT_EQ(stream_->remote(), peer_->getsockname());
  EXPECT_EQ(stream_->remote().family(), ahoy::family::inet);
  EXPECT_EQ(stream_->local().family(), ahoy::family::inet);
  EXPECT_EQ(stream_->label().find("ffff"), std::string::npos);
}

TEST_F(stream_over_tcp, one_made_from_a_descriptor_alone_finds_out_its_peer) {
  join(address::inet(INADDR_LOOPBACK, 0));
  const address remote = stream_->remote();
  stream again{*engine_, stream_->native()->release()};
  EXPECT_EQ(again.remote(), remote);
  std::string got;
  peer_->sendall("still open");
  engine_->run(receive_text(again, got));
  EXPECT_EQ(got, "still open");
}

TEST_F(stream_over_tcp, sends_at_once_and_notices_a_peer_that_vanished) {
  join(address::inet(INADDR_LOOPBACK, 0));
  EXPECT_NE(option(IPPROTO_TCP, TCP_NODELAY), 0);
  EXPECT_NE(option(SOL_SOCKET, SO_KEEPALIVE), 0);
}

TEST_F(stream_over_tcp, counts_what_the_kernel_took_and_gave) {
  join(address::inet(INADDR_LOOPBACK, 0));
  engine_->run(send_text(*stream_, "12345"));
  EXPECT_EQ(peer_->recv(100), "12345");
  peer_->sendall("123");
  std::string got;
  engine_->run(receive_text(*stream_, got));
  EXPECT_EQ(stream_->bytes_sent(), 5U);
  EXPECT_EQ(stream_->bytes_received(), 3U);
}

task<> fill(connection& to) {
  const std::string much(64 * 1024, 'x');
  to.set_timeout(5ms);
  try {
    for (;;) co_await to.send(much);
  } catch (const ahoy::error& full) {
    EXPECT_EQ(full.code(), std::errc::timed_out);
  }
}

TEST_F(stream_over_tcp, makes_progress_when_the_peer_takes_what_our_kernel_holds) {
  join(address::inet(INADDR_LOOPBACK, 0));
  const std::uint64_t nothing_yet = stream_->progress();
  engine_->run(fill(*stream_));
  const std::uint64_t full = stream_->progress();
  EXPECT_GT(full, nothing_yet);
  EXPECT_LT(full, stream_->bytes_sent());
  while (stream_->progress() == full) static_cast<void>(peer_->recv(64 * 1024));
  EXPECT_GT(stream_->progress(), full);
}

std::errc cause_of_receive(ahoy::socket& from) {
  try {
    static_cast<void>(from.recv(1));
    return std::errc{};
  } catch (const ahoy::error& caught) {
    return static_cast<std::errc>(caught.code().value());
  }
}

TEST_F(stream_over_tcp, a_plain_close_is_an_end_and_an_abort_is_a_reset) {
  join(address::inet(INADDR_LOOPBACK, 0));
  stream_.reset();
  EXPECT_EQ(cause_of_receive(*peer_), std::errc{});
  join(address::inet(INADDR_LOOPBACK, 0));
  stream_->abort_on_close();
  stream_.reset();
  EXPECT_EQ(cause_of_receive(*peer_), std::errc::connection_reset);
}

TEST_F(stream_over_tcp, a_reset_is_an_error_that_names_the_peer) {
  join(address::inet(INADDR_LOOPBACK, 0));
  engine_->run(send_text(*stream_, "never read"));
  const std::string who = peer_->getsockname().to_string();
  peer_->settimeout(20s);
  const linger at_once{1, 0};
  ASSERT_EQ(::setsockopt(peer_->fileno(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once), 0);
  peer_->close();
  std::string got;
  try {
    engine_->run(receive_text(*stream_, got));
    ADD_FAILURE() << "nothing was thrown";
  } catch (const ahoy::error& caught) {
    EXPECT_EQ(caught.code(), std::errc::connection_reset);
    EXPECT_EQ(caught.address(), who);
  }
}

TEST_F(stream_over_tcp, after_shutdown_receive_the_peer_may_send_and_is_answered) {
  join(address::inet(INADDR_LOOPBACK, 0));
  stream_->shutdown_receive();
  peer_->sendall("unheard");
  std::string got = "something";
  engine_->run(receive_text(*stream_, got));
  EXPECT_EQ(got, "");
  engine_->run(send_text(*stream_, "answer"));
  EXPECT_EQ(peer_->recv(100), "answer");
}

/// At least `wanted` more.
task<> discard_some(connection& from, std::size_t wanted, std::size_t& count) {
  for (const std::size_t goal = count + wanted; count < goal;) {
    const std::optional<std::size_t> some = co_await from.discard();
    count += some.value_or(wanted);
  }
}

task<> discard_to_the_end(connection& from, std::size_t& count) {
  for (;;) {
    const std::optional<std::size_t> some = co_await from.discard();
    if (!some) break;
    count += *some;
  }
}

task<> end_receiving_once_all_came(stream& of, std::size_t all) {
  for (int there = 0; of.bytes_received() + static_cast<std::size_t>(there) < all;
       ::ioctl(of.native()->number(), SIOCINQ, &there))
    co_await of.engine().sleep(1ms);
  of.shutdown_receive();
}

/// Whose reader is woken late since then, and has dropped all but perhaps a part of the second sending.
class stream_of_one_who_sent_much : public stream_over_tcp {
 protected:
  stream_of_one_who_sent_much() {
    join(address::inet(INADDR_LOOPBACK, 0));
    stream_->set_timeout(20s);
    std::thread sender{[this] { peer_->sendall(std::string(much, 'x')); }};
    engine_->run(discard_some(*stream_, much, dropped_));
    sender.join();
    stream_->set_timeout(ahoy::no_timeout);
    std::thread again{[this] { peer_->sendall(std::string(enough, 'x')); }};
    engine_->run(discard_some(*stream_, 1, dropped_));
    again.join();
    EXPECT_GT(option(SOL_SOCKET, SO_RCVLOWAT), 1);
  }
  static constexpr std::size_t much = std::size_t{1024} * 1024, enough = std::size_t{64} * 1024;
  static constexpr std::size_t all = much + enough + 6;
  std::size_t dropped_ = 0;
};

TEST_F(stream_of_one_who_sent_much, the_end_is_heard_with_what_came_before_it) {
  peer_->sendall("little");
  peer_->close();
  engine_->run(discard_to_the_end(*stream_, dropped_));
  EXPECT_EQ(dropped_, all);
}

TEST_F(stream_of_one_who_sent_much, little_is_heard_by_who_wants_it) {
  peer_->sendall("little");
  std::string got;
  while (dropped_ < all) {
    engine_->run(receive_text(*stream_, got));
    dropped_ += got.size();
  }
  EXPECT_TRUE(got.ends_with("little"));
}

TEST_F(stream_of_one_who_sent_much, little_is_heard_by_who_measures_silence) {
  stream_->set_timeout(20s);
  peer_->sendall("little");
  engine_->run(discard_some(*stream_, all - dropped_, dropped_));
  EXPECT_EQ(dropped_, all);
}

TEST_F(stream_of_one_who_sent_much, little_is_heard_when_receiving_is_ended) {
  peer_->sendall("little");
  engine_->run(ahoy::when_all(
      ahoy::tasks(discard_to_the_end(*stream_, dropped_), end_receiving_once_all_came(*stream_, all))));
  EXPECT_EQ(dropped_, all);
}

TEST(stream_over_unix, says_so) {
  const std::unique_ptr<ahoy::engine> engine = ahoy::make_engine();
  int ends[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
  const ahoy::fd other{ends[1]};
  stream near{*engine, ahoy::fd{ends[0]}};
  EXPECT_EQ(near.transport(), "unix");
  EXPECT_EQ(near.remote().family(), ahoy::family::local);
}

}  // namespace
