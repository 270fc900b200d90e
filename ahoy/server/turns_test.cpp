#include <ahoy/engine/select.hpp>
#include <ahoy/server/turns.hpp>
#include <ahoy/task/scope.hpp>

#include <gtest/gtest.h>
#include <tests/forwarding_engine.hpp>

#include <deque>
#include <numeric>
#include <vector>

namespace {

using namespace std::chrono_literals;
using ahoy::context;
using ahoy::scope;
using ahoy::task;
using ahoy::turn;
using ahoy::turns;

/// An engine that counts what is woken.
class counting_engine final : public ahoy_test::forwarding_engine {
 public:
  void complete(ahoy::operation& parked, int error) noexcept override {
    ++woken;
    forwarding_engine::complete(parked, error);
  }
  std::size_t woken = 0;
};

/// Who has had a turn, in order, and whether ever two had one at a time.
struct log {
  std::vector<int> served;
  int at_once = 0;
};

struct being_served {
  being_served(const being_served&) = delete;
  being_served& operator=(const being_served&) = delete;
  explicit being_served(log& into) : into{into} { EXPECT_EQ(++into.at_once, 1); }
  ~being_served() { --into.at_once; }
  log& into;
};

task<> have_turn(turns& of, ahoy::engine& by, int who, log& into) {
  turn own{of};
  co_await own.come();
  const being_served now{into};
  into.served.push_back(who);
  co_await by.sleep(0ms);
}

task<> come_all(turns& of, ahoy::engine& by, int many, log& into) {
  context& here = co_await ahoy::this_context();
  scope all{here};
  for (int i = 0; i < many; ++i) all.start(have_turn(of, by, i, into));
  EXPECT_EQ(of.ahead(), static_cast<std::size_t>(many));
  co_await all.join();
  EXPECT_EQ(of.ahead(), 0U);
}

std::vector<int> first(int many) {
  std::vector<int> numbers(static_cast<std::size_t>(many));
  std::iota(numbers.begin(), numbers.end(), 0);
  return numbers;
}

TEST(turns, are_taken_at_once_as_long_as_there_are_any) {
  counting_engine by;
  turns two{by, 2};
  turn first{two}, last{two};
  EXPECT_TRUE(first.take());
  {
    turn second{two};
    EXPECT_TRUE(second.take());
    EXPECT_FALSE(last.take());
  }
  EXPECT_TRUE(last.take());
  EXPECT_TRUE(two.are_taken());
}

TEST(turns, are_had_in_the_order_of_arrival) {
  const auto by = ahoy::make_engine();
  turns of{*by, 1};
  log into;
  by->run(come_all(of, *by, 100, into));
  EXPECT_EQ(into.served, first(100));
}

TEST(turns, each_end_wakes_the_next_one_and_nobody_else) {
  counting_engine by;
  turns of{by, 1};
  log into;
  by.run(come_all(of, by, 5000, into));
  EXPECT_EQ(into.served, first(5000));
  EXPECT_EQ(by.woken, 4999U);
}

task<> have_turn_in(context& where, turns& of, ahoy::engine& by, int who, log& into) {
  try {
    co_await have_turn(of, by, who, into).in(where);
  } catch (const std::system_error& stopped) {
    EXPECT_EQ(stopped.code(), std::errc::operation_canceled);
  }
}

task<> stop_while_waiting(turns& of, ahoy::engine& by, log& into) {
  context& here = co_await ahoy::this_context();
  std::deque<context> own;
  for (int i = 0; i < 4; ++i) own.emplace_back(here);
  scope all{here};
  for (int i = 0; i < 4; ++i) all.start(have_turn_in(own[static_cast<std::size_t>(i)], of, by, i, into));
  own[2].stop();
  co_await all.join();
}

TEST(turns, who_is_stopped_while_it_waits_is_passed_over) {
  const auto by = ahoy::make_engine();
  turns of{*by, 1};
  log into;
  by->run(stop_while_waiting(of, *by, into));
  EXPECT_EQ(into.served, (std::vector{0, 1, 3}));
  EXPECT_EQ(of.ahead(), 0U);
}

/// `stop_first`: the wait is stopped before the turn is given; both are so before who waits hears of either.
task<> stop_when_given(turns& of, ahoy::engine& by, bool stop_first, log& into) {
  context& here = co_await ahoy::this_context();
  context own{here};
  auto before = std::make_unique<turn>(of);
  co_await before->come();
  scope all{here};
  all.start(have_turn_in(own, of, by, 1, into));
  all.start(have_turn(of, by, 2, into));
  if (stop_first) own.stop();
  before.reset();
  own.stop();
  co_await all.join();
}

TEST(turns, who_is_stopped_as_it_is_given_the_turn_passes_it_on) {
  for (const bool stop_first : {true, false}) {
    const auto by = ahoy::make_engine();
    turns of{*by, 1};
    log into;
    by->run(stop_when_given(of, *by, stop_first, into));
    EXPECT_EQ(into.served.back(), 2);
    EXPECT_EQ(of.ahead(), 0U);
  }
}

task<> come_again_at_once(turns& of, ahoy::engine& by, log& into) {
  context& here = co_await ahoy::this_context();
  auto before = std::make_unique<turn>(of);
  co_await before->come();
  scope all{here};
  all.start(have_turn(of, by, 1, into));
  before.reset();
  all.start(have_turn(of, by, 2, into));  // before the first one has been resumed
  co_await all.join();
}

TEST(turns, who_comes_as_the_turn_is_given_is_not_before_the_one_who_has_it) {
  const auto by = ahoy::make_engine();
  turns of{*by, 1};
  log into;
  by->run(come_again_at_once(of, *by, into));
  EXPECT_EQ(into.served, (std::vector{1, 2}));
}

}  // namespace
