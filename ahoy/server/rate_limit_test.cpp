#include <ahoy/server/rate_limit.hpp>

#include <gtest/gtest.h>

namespace {

using namespace std::chrono_literals;
using ahoy::rate_limit;

constexpr ahoy::time_point start{1000h};

std::uint64_t told_of(rate_limit& limit, int many, ahoy::time_point now) {
  std::uint64_t told = 0;
  for (int i = 0; i < many; ++i) told += limit.allows(now) ? 1 : 0;
  return told;
}

TEST(rate_limit, the_first_ones_are_told_one_by_one_and_the_rest_is_counted) {
  rate_limit limit;
  EXPECT_EQ(told_of(limit, 1000, start), rate_limit::told_at_once);
  EXPECT_EQ(limit.untold(), 1000 - rate_limit::told_at_once);
  EXPECT_EQ(limit.take_untold(start), 1000 - rate_limit::told_at_once);
  EXPECT_EQ(limit.take_untold(start), 0U);
}

TEST(rate_limit, in_a_flood_one_thing_is_told_in_a_second) {
  rate_limit limit;
  told_of(limit, 1000, start);
  for (auto now = start + 1s; now < start + 20s; now += 1s) {
    EXPECT_EQ(told_of(limit, 1000, now), 0U) << "those who are counted are told of first";
    EXPECT_GT(limit.take_untold(now), 0U);
    EXPECT_EQ(told_of(limit, 1000, now), 0U) << "that was this second's";
  }
}

TEST(rate_limit, what_comes_seldom_is_always_told) {
  rate_limit limit;
  for (auto now = start; now < start + 100s; now += 1s) EXPECT_EQ(told_of(limit, 1, now), 1U);
}

TEST(rate_limit, after_quiet_there_is_no_more_to_tell_at_once_than_at_first) {
  rate_limit limit;
  told_of(limit, 1000, start);
  limit.take_untold(start);
  EXPECT_EQ(told_of(limit, 1000, start + 24h), rate_limit::told_at_once);
}

TEST(rate_limit, who_keeps_the_number_himself_is_told_of_the_next_in_time) {
  rate_limit limit;
  std::uint64_t told = 0, missed = 0;
  for (int i = 0; i < 1000; ++i) told += limit.allows(start, missed);
  EXPECT_EQ(told, rate_limit::told_at_once);
  EXPECT_EQ(missed, 1000 - rate_limit::told_at_once);
  EXPECT_EQ(limit.untold(), 0U);
  EXPECT_TRUE(limit.allows(start + 1s, missed));
}

}  // namespace
