#include <ahoy/connection/farewell.hpp>
#include <ahoy/connection/listener.hpp>
#include <ahoy/connection/pipe.hpp>
#include <ahoy/connection/stream.hpp>
#include <ahoy/engine/select.hpp>
#include <ahoy/error/error.hpp>
#include <ahoy/socket/socket.hpp>
#include <ahoy/task/scope.hpp>

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <atomic>
#include <future>
#include <memory>
#include <string>
#include <thread>

namespace {

using namespace std::chrono_literals;
using ahoy::connection;
using ahoy::engine_choice;
using ahoy::stream;
using ahoy::task;

class leaving : public testing::TestWithParam<engine_choice> {
 protected:
  leaving() {
    ahoy::listener listening{*engine_, ahoy::address::inet(INADDR_LOOPBACK, 0), 5};
    peer_.settimeout(20s);
    peer_.connect(listening.local());
    stream_ = std::make_unique<stream>(
        *engine_, ahoy::fd{::accept4(listening.native().number(), nullptr, nullptr, SOCK_CLOEXEC)});
  }
  std::string all_that_the_peer_receives() {
    std::string all;
    for (std::string part = peer_.recv(4096); !part.empty(); part = peer_.recv(4096)) all += part;
    return all;
  }

  std::unique_ptr<ahoy::engine> engine_ = ahoy::make_engine(GetParam());
  ahoy::socket peer_{ahoy::family::inet};
  std::unique_ptr<stream> stream_;
};

task<> send_and_leave(connection& peer, std::string text, ahoy::duration limit) {
  co_await peer.send(text);
  co_await ahoy::farewell(peer, limit);
}

TEST_P(leaving, loses_nothing_though_the_peer_sent_what_nobody_read) {
  peer_.sendall(std::string(100'000, 'x'));
  std::thread peer{[this] {
    EXPECT_EQ(all_that_the_peer_receives(), "good-bye");
    peer_.sendall("and more that nobody reads");
    peer_.close();
  }};
  engine_->run(send_and_leave(*stream_, "good-bye", 20s));
  stream_.reset();
  peer.join();
}

TEST_P(leaving, ends_when_the_peer_does) {
  peer_.shutdown(ahoy::half::sending);
  engine_->run(ahoy::farewell(*stream_, ahoy::no_timeout));
}

task<> send_at_the_end(connection& peer, std::string text) {
  EXPECT_TRUE(ahoy::needs_farewell(peer));
  for (;;) {
    const ahoy::bytes received = co_await peer.receive();
    if (received.empty()) break;
  }
  co_await peer.send(text);
}

TEST_P(leaving, of_one_whose_end_was_received_the_close_loses_nothing) {
  const std::string answer(5'000'000, 'y');
  std::thread peer{[&] {
    peer_.sendall("hello");
    peer_.shutdown(ahoy::half::sending);
    EXPECT_EQ(all_that_the_peer_receives().size(), answer.size());
  }};
  engine_->run(send_at_the_end(*stream_, answer));
  EXPECT_FALSE(ahoy::needs_farewell(*stream_));
  stream_.reset();
  peer.join();
}

TEST_P(leaving, ends_when_the_peer_resets) {
  const linger at_once{1, 0};
  ASSERT_EQ(::setsockopt(peer_.fileno(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once), 0);
  peer_.close();
  engine_->run(ahoy::farewell(*stream_, ahoy::no_timeout));
}

TEST_P(leaving, waits_no_longer_than_its_limit_for_one_who_stays) {
  engine_->run(ahoy::farewell(*stream_, 5ms));
  EXPECT_EQ(peer_.recv(1), "") << "our half is closed all the same";
}

task<> tick(ahoy::engine& by, int& ticks) {
  for (; ticks < 5; ++ticks) co_await by.sleep(1ms);
}

TEST_P(leaving, one_who_sends_without_end_keeps_nobody_from_anything) {
  std::atomic<bool> over = false;
  std::thread flood{[&] {
    const std::string much(1 << 20, 'x');
    try {
      while (!over) peer_.sendall(much);
    } catch (const ahoy::error&) {
      // Nobody is there any more, as it should be.
    }
  }};
  int ticks = 0;
  engine_->run(ahoy::when_all(ahoy::tasks(ahoy::farewell(*stream_, 50ms), tick(*engine_, ticks))));
  EXPECT_EQ(ticks, 5);
  over = true;
  stream_.reset();
  flood.join();
}

task<> send_and_leave(connection& peer) {
  co_await peer.send("good-bye");
  co_await ahoy::farewell(peer, 20s);
}

TEST_P(leaving, one_who_sends_much_that_nobody_reads_is_told_by_a_reset_after_it_has_what_we_sent) {
  std::promise<std::string> heard;
  std::thread talker{[&] {
    std::string got;
    try {
      got = peer_.recv(100);
      const std::string much(1 << 20, 'x');
      for (int i = 0; i < 64; ++i) peer_.sendall(much);
      got += "; all was taken";
    } catch (const std::system_error&) {
      got += "; failed";
    }
    heard.set_value(got);
  }};
  engine_->run(send_and_leave(*stream_));
  stream_.reset();
  EXPECT_EQ(heard.get_future().get(), "good-bye; failed");
  talker.join();
}

task<> send_and_cut(connection& peer, std::string text) {
  co_await peer.send(text);
  co_await ahoy::cut_off(peer, 20s);
}

/// All that comes before a reset, which is said.
std::string all_before_the_reset(ahoy::socket& peer) {
  std::string all;
  try {
    for (std::string part = peer.recv(4096); !part.empty(); part = peer.recv(4096)) all += part;
    return all + "; it ended well";
  } catch (const std::system_error& caught) {
    return caught.code() == std::errc::connection_reset ? all + "; reset" : caught.what();
  }
}

TEST_P(leaving, one_who_is_cut_off_is_told_by_a_reset_after_it_has_what_we_sent) {
  peer_.sendall(std::string(100'000, 'x'));
  engine_->run(send_and_cut(*stream_, "too long"));
  stream_.reset();
  EXPECT_EQ(all_before_the_reset(peer_), "too long; reset");
}

TEST_P(leaving, one_who_is_cut_off_is_told_though_another_has_the_socket_too) {
  const ahoy::fd another = ahoy::fd::duplicate(stream_->native()->number());
  engine_->run(send_and_cut(*stream_, "bye"));
  stream_.reset();
  EXPECT_EQ(all_before_the_reset(peer_), "bye; reset");
}

task<> fill_and_cut(connection& peer) {
  const std::string much(1 << 20, 'x');
  std::error_code full;
  peer.set_timeout(5ms);
  try {
    for (;;) co_await peer.send(much);
  } catch (const ahoy::error& failure) {
    full = failure.code();
  }
  EXPECT_EQ(full, std::errc::timed_out);
  co_await ahoy::cut_off(peer, 5ms);
}

TEST_P(leaving, one_who_is_cut_off_and_takes_nothing_is_waited_for_no_longer_than_the_limit) {
  engine_->run(fill_and_cut(*stream_));
  stream_.reset();
  EXPECT_TRUE(all_before_the_reset(peer_).ends_with("x; reset"));
}

task<> stop_while_leaving(ahoy::engine& by, connection& peer) {
  ahoy::context& here = co_await ahoy::this_context();
  ahoy::scope children{here};
  children.start(ahoy::farewell(peer, ahoy::no_timeout));
  co_await by.sleep(1ms);
  EXPECT_EQ(children.size(), 1U);
  children.stop();
  co_await children.join();
}

TEST_P(leaving, can_be_cut_short) { engine_->run(stop_while_leaving(*engine_, *stream_)); }

task<> expect_end(connection& of) {
  ahoy::bytes received = co_await of.receive();
  EXPECT_TRUE(received.empty());
}

TEST_P(leaving, a_pipe_ends_our_half) {
  auto [near, far] = ahoy::make_pipe(*engine_);
  engine_->run(ahoy::when_all(ahoy::tasks(ahoy::farewell(*near, 20s), expect_end(*far))));
}

INSTANTIATE_TEST_SUITE_P(every, leaving,
                         testing::Values(engine_choice::epoll, engine_choice::uring,
                                         engine_choice::blocking));

}  // namespace
