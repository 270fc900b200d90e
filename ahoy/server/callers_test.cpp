#include <ahoy/connection/pipe.hpp>
#include <ahoy/engine/select.hpp>
#include <ahoy/server/callers.hpp>
#include <ahoy/server/rate_limit.hpp>
#include <ahoy/server/server.hpp>
#include <ahoy/socket/socket.hpp>

#include <gtest/gtest.h>

#include <condition_variable>
#include <future>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace {

using namespace std::chrono_literals;
using ahoy::connection;
using ahoy::task;

task<> echo(connection& peer) {
  for (;;) {
    ahoy::bytes received = co_await peer.receive();
    if (received.empty()) break;
    co_await peer.send(received);
  }
}

/// An echo server on TCP and UDP, on a thread of its own, that keeps what it is told.
class full_server final : public ahoy::observer {
 public:
  explicit full_server(std::size_t places, ahoy::duration silence = 0s)
      : server_{{ahoy::endpoint::parse("tcp://127.0.0.1:0"), ahoy::endpoint::parse("udp://127.0.0.1:0")},
                ahoy::make_handler(echo),
                with(places, silence)} {
    server_.set_observer(*this);
    thread_ = std::thread{[this] { server_.run(); }};
    streams_ = found_streams_.get_future().get();
    datagrams_ = found_datagrams_.get_future().get();
  }
  ~full_server() override { end(); }
  void end() {
    server_.stop();
    if (thread_.joinable()) thread_.join();
  }

  [[nodiscard]] ahoy::socket call() const {
    ahoy::socket caller{ahoy::family::inet};
    caller.settimeout(20s);
    caller.connect(streams_);
    return caller;
  }
  [[nodiscard]] ahoy::socket peer(std::string_view from = "127.0.0.1") const {
    ahoy::socket caller{ahoy::family::inet, ahoy::socket_type::datagram};
    caller.bind(from, 0);
    caller.settimeout(20s);
    caller.connect(datagrams_);
    return caller;
  }
  std::string why_it_left(const ahoy::socket& caller) {
    const std::string label = caller.getsockname().to_string();
    std::unique_lock lock{mutex_};
    EXPECT_TRUE(changed_.wait_for(lock, 20s, [&] { return left_.contains(label); })) << label;
    return left_[label];
  }
  bool is_here(const ahoy::socket& caller) {
    const std::lock_guard lock{mutex_};
    return !left_.contains(caller.getsockname().to_string());
  }
  void wait_for_unnamed() {
    std::unique_lock lock{mutex_};
    EXPECT_TRUE(changed_.wait_for(lock, 20s, [&] { return !unnamed.empty(); }));
  }

  std::vector<std::string> busy_ones;
  std::vector<std::string> who_made_way;
  std::map<ahoy::turned_away, std::uint64_t> unnamed;

 private:
  static ahoy::server_options with(std::size_t places, ahoy::duration silence) {
    ahoy::server_options options;
    options.silence = silence;
    options.max_clients = places;
    return options;
  }
  void listening(ahoy::scheme as, const ahoy::address& on) override {
    (as == ahoy::scheme::udp ? found_datagrams_ : found_streams_).set_value(on);
  }
  void left(const connection& caller, std::string_view why) override {
    const std::lock_guard lock{mutex_};
    left_[caller.label()] = why;
    changed_.notify_all();
  }
  void busy(const ahoy::address& caller, std::size_t) override {
    const std::lock_guard lock{mutex_};
    busy_ones.push_back(caller.to_string());
  }
  void made_way(const connection& caller) override {
    const std::lock_guard lock{mutex_};
    who_made_way.push_back(caller.label());
  }
  void untold(ahoy::turned_away how, std::uint64_t callers) override {
    const std::lock_guard lock{mutex_};
    unnamed[how] += callers;
    changed_.notify_all();
  }

  ahoy::server server_;
  std::promise<ahoy::address> found_streams_, found_datagrams_;
  ahoy::address streams_, datagrams_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::string, std::string> left_;
  std::thread thread_;
};

TEST(callers, who_was_kicked_and_has_not_left_yet_is_not_the_one_that_makes_way) {
  const auto engine = ahoy::make_engine();
  ahoy::context top;
  ahoy::callers present;
  auto [first, first_far] = ahoy::make_pipe(*engine);
  auto [second, second_far] = ahoy::make_pipe(*engine);
  const auto kicked = present.add(std::move(first), top, true);
  const auto other = present.add(std::move(second), top, true);
  ahoy::callers::kick(*kicked);
  EXPECT_EQ(present.make_way(ahoy::time_point::max()), &*other);
  EXPECT_EQ(present.making_way(), 1U);
  EXPECT_EQ(present.make_way(ahoy::time_point::max()), nullptr);
  present.remove(kicked);
  present.remove(other);
  EXPECT_EQ(present.making_way(), 0U);
}

std::string asked(ahoy::socket& caller, std::string_view text) {
  caller.send(text);
  return caller.recv(1024);
}

TEST(full, of_datagrams_the_caller_that_was_silent_for_longest_makes_way) {
  full_server serving{2};
  ahoy::socket one = serving.peer();
  ahoy::socket other = serving.peer();
  EXPECT_EQ(asked(one, "one"), "one");
  EXPECT_EQ(asked(other, "other"), "other");
  EXPECT_EQ(asked(one, "again"), "again");
  ahoy::socket newer = serving.peer();
  EXPECT_EQ(asked(newer, "newer"), "newer");
  EXPECT_EQ(serving.why_it_left(other), "made way for a newer caller");
  EXPECT_EQ(asked(one, "still here"), "still here");
  EXPECT_TRUE(serving.is_here(one));
  EXPECT_TRUE(serving.is_here(newer));
}

TEST(full, of_datagrams_none_that_was_heard_lately_makes_way_for_another_but_for_whoever_connects) {
  full_server serving{1, 24h};
  ahoy::socket one = serving.peer();
  ahoy::socket other = serving.peer();
  EXPECT_EQ(asked(one, "one"), "one");
  EXPECT_EQ(asked(other, "other"), "busy");
  EXPECT_EQ(asked(one, "still here"), "still here");
  ahoy::socket caller = serving.call();
  EXPECT_EQ(asked(caller, "hello"), "hello");
  EXPECT_EQ(serving.why_it_left(one), "made way for a newer caller");
}

TEST(full, who_made_way_may_come_again) {
  full_server serving{1};
  ahoy::socket one = serving.peer();
  ahoy::socket other = serving.peer();
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(asked(one, "one"), "one");
    EXPECT_EQ(asked(other, "other"), "other");
  }
}

TEST(full, a_caller_on_tcp_has_the_place_of_a_silent_one_over_udp) {
  full_server serving{1};
  ahoy::socket silent = serving.peer();
  EXPECT_EQ(asked(silent, "one"), "one");
  ahoy::socket caller = serving.call();
  EXPECT_EQ(asked(caller, "hello"), "hello");
  EXPECT_EQ(serving.why_it_left(silent), "made way for a newer caller");
}

TEST(full, a_caller_on_tcp_never_makes_way) {
  full_server serving{1};
  ahoy::socket caller = serving.call();
  EXPECT_EQ(asked(caller, "hello"), "hello");
  ahoy::socket late = serving.peer();
  EXPECT_EQ(asked(late, "let me in"), "busy");
  EXPECT_EQ(asked(caller, "still here"), "still here");
}

TEST(full, thousands_of_senders_take_the_place_of_none_but_silent_ones) {
  full_server serving{8};
  ahoy::socket caller = serving.call();
  for (int i = 0; i < 2000; ++i) {
    ahoy::socket forged =
        serving.peer("127.1." + std::to_string(i / 250) + "." + std::to_string(i % 250 + 1));
    ASSERT_EQ(asked(forged, "x"), "x") << i;
  }
  EXPECT_EQ(asked(caller, "still here"), "still here");
  serving.end();
  EXPECT_GE(serving.who_made_way.size(), ahoy::rate_limit::told_at_once);
  EXPECT_EQ(serving.who_made_way.size() + serving.unnamed[ahoy::turned_away::made_way], 2000U - 7U);
}

TEST(full, a_flood_of_those_who_find_no_place_is_told_and_answered_at_a_bounded_rate) {
  full_server serving{1};
  ahoy::socket caller = serving.call();
  EXPECT_EQ(asked(caller, "hello"), "hello");
  ahoy::socket flooding = serving.peer();
  const int flood = 5000;
  for (int i = 0; i < flood; ++i) {
    flooding.send("let me in");
    if (i % 50 == 0) {  // so that the server has a turn
      EXPECT_EQ(asked(caller, "x"), "x");
    }
  }
  serving.wait_for_unnamed();
  serving.end();
  EXPECT_GE(serving.busy_ones.size(), ahoy::rate_limit::told_at_once);
  EXPECT_LT(serving.busy_ones.size(), 1000U) << "one a second more";
  const std::size_t told = serving.busy_ones.size() + serving.unnamed[ahoy::turned_away::busy];
  EXPECT_LE(told, static_cast<std::size_t>(flood));
  EXPECT_GT(told, static_cast<std::size_t>(flood) / 2) << "some were lost by a full socket, not most";
  flooding.settimeout(0s);
  std::size_t answers = 0;
  try {
    for (; flooding.recv(100) == "busy";) ++answers;
  } catch (const std::system_error&) {
    // No more of them, or nobody listens any more.
  }
  EXPECT_LE(answers, serving.busy_ones.size());
  EXPECT_GT(answers, 0U);
}

}  // namespace
