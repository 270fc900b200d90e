#include <ahoy/command/confirm.hpp>
#include <ahoy/connection/stream.hpp>
#include <ahoy/engine/select.hpp>
#include <ahoy/task/scope.hpp>

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <tests/both_ends.hpp>
#include <unistd.h>

#include <memory>
#include <string>
#include <utility>

namespace {

using ahoy::account;
using ahoy::confirmation;
using ahoy::connection;
using ahoy::task;
using ahoy::witness;
using ahoy_test::ends;
using ahoy_test::socket_pair;
using ahoy_test::tcp_pair;

struct Witness : testing::TestWithParam<ends (*)(ahoy::engine&)> {
  [[nodiscard]] bool is_tcp() const { return near.transport() == "tcp"; }

  std::unique_ptr<ahoy::engine> engine = ahoy::make_engine();
  ends both = GetParam()(*engine);
  connection& near = *both.first;
  witness asked{near};
};

const std::string much(100'000, 'x');

task<> hand_over(connection& to, const std::string& text) { co_await to.send(text); }

task<> receive_all(connection& from, std::size_t& size) {
  for (;;) {
    const ahoy::bytes got = co_await from.receive();
    if (got.empty()) break;
    size += got.size();
  }
}

task<> settle(witness& asked) { co_await asked.settle(); }

TEST_P(Witness, WhatThePeerDoesNotReadIsNotSettled) {
  engine->run(hand_over(near, much));
  near.shutdown_send();
  asked.ended();
  const account known = asked.ask();
  EXPECT_EQ(known.sent, much.size());
  EXPECT_FALSE(known.settled);
  EXPECT_FALSE(known.failure);
  EXPECT_EQ(known.acknowledged.has_value(), is_tcp());
  EXPECT_EQ(known.end_acknowledged, is_tcp() ? std::optional{false} : std::nullopt);
  EXPECT_EQ(known.reached < known.sent, is_tcp());  // a Unix socket has no system between
}

TEST_P(Witness, SettlesWhenAllIsTaken) {
  engine->run(hand_over(near, much));
  near.shutdown_send();
  asked.ended();
  std::size_t received = 0;
  engine->run(ahoy::when_all(ahoy::tasks(settle(asked), receive_all(*both.second, received))));
  const account known = asked.ask();
  EXPECT_EQ(received, much.size());
  EXPECT_TRUE(known.settled);
  EXPECT_EQ(known.acknowledged, much.size());
  EXPECT_EQ(known.end_acknowledged, is_tcp() ? std::optional{true} : std::nullopt);
  EXPECT_EQ(known.by_program, !is_tcp());
  EXPECT_EQ(known.reached, much.size());
  EXPECT_EQ(given_confirmation(known, true, false), confirmation::acked);
  EXPECT_EQ(given_confirmation(known, true, true), confirmation::closed);
}

task<> close_later(ahoy::engine& by, std::unique_ptr<connection>& which) {
  co_await by.sleep(std::chrono::milliseconds{1});
  which.reset();
}

TEST_P(Witness, ACloseWithDataUnreadIsSeenAndCounted) {
  engine->run(hand_over(near, much));
  near.shutdown_send();
  asked.ended();
  const account before = asked.ask();
  engine->run(ahoy::when_all(ahoy::tasks(settle(asked), close_later(*engine, both.second))));
  const account known = asked.ask();
  EXPECT_EQ(known.failure, std::errc::connection_reset);
  EXPECT_GE(known.acknowledged, before.acknowledged) << "a reset takes nothing back";
  EXPECT_EQ(known.end_acknowledged, before.end_acknowledged);
  EXPECT_FALSE(known.settled);
  EXPECT_EQ(known.sent, much.size());
  EXPECT_EQ(known.reached < known.sent, is_tcp());
  EXPECT_LE(known.acknowledged.value_or(0), known.reached);
  EXPECT_EQ(given_confirmation(known, true, true), confirmation::sent);
  EXPECT_EQ(asked.ask().failure,
            std::errc::connection_reset);  // the kernel tells it once, we as often as asked
}

TEST_P(Witness, NothingSentIsSettledWithTheEndAlone) {
  near.shutdown_send();
  asked.ended();
  engine->run(settle(asked));
  EXPECT_TRUE(asked.ask().settled);
}

INSTANTIATE_TEST_SUITE_P(Each, Witness, testing::Values(&socket_pair, &tcp_pair),
                         [](const auto& tested) { return tested.index == 0 ? "local" : "tcp"; });

TEST(Count, SaysWhatIsKnown) {
  account known;
  known.sent = 150'000;
  known.reached = 131'072;
  EXPECT_EQ(
      count_in_words(known, 200'000, true),
      "at most 131072 of 200000 bytes reached the peer's system; how many its program read is not known");
  known.acknowledged = 65'536;
  EXPECT_EQ(
      count_in_words(known, 200'000, true),
      "at most 131072 of 200000 bytes reached the peer's system; how many its program read is not known; "
      "65536 were acknowledged");
  known.acknowledged.reset();
  EXPECT_EQ(count_in_words(known, 160'000, false),
            "at most 131072 of the 160000 bytes read so far reached the peer's system; how many its program "
            "read is "
            "not known");
  EXPECT_EQ(count_in_words(account{}, 0, false), "nothing was read so far that could be sent");
}

TEST(Count, OfWhatWasAcknowledgedIsNoLimit) {
  account known;
  known.sent = known.reached = 6;
  const std::string reached =
      "6 of 6 bytes reached the peer's system; how many its program read is not known";
  known.acknowledged = 0;
  EXPECT_EQ(count_in_words(known, 6, true), "at most " + reached + "; none was acknowledged");
  known.acknowledged = 6;
  EXPECT_EQ(count_in_words(known, 6, true), reached);
  known.end_acknowledged = false;
  EXPECT_EQ(count_in_words(known, 6, true), reached + "; our end was not acknowledged");
  known.end_acknowledged = true;
  EXPECT_EQ(count_in_words(known, 6, true), reached + "; our end was acknowledged too");
  known.by_program = true;
  EXPECT_EQ(count_in_words(known, 6, true), "6 of 6 bytes were taken by the peer");
}

TEST(Given, IsNoneWhereNotAllWasHandedOver) {
  account known;
  known.settled = true;
  EXPECT_EQ(given_confirmation(known, false, true), std::nullopt);
}

TEST(Given, AcknowledgedBytesCountWithoutOurEnd) {
  account known;
  known.sent = 5;
  known.acknowledged = 5;
  EXPECT_EQ(given_confirmation(known, true, true), confirmation::acked);
  known.acknowledged = 4;
  EXPECT_EQ(given_confirmation(known, true, true), confirmation::sent);
}

}  // namespace
