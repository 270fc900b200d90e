#include <ahoy/command/latencies.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

namespace {

using namespace std::chrono_literals;

ahoy::latencies of(const std::vector<ahoy::duration>& times) {
  ahoy::latencies all;
  for (const auto each : times) all.add(each);
  return all;
}

TEST(latencies, of_nothing_are_zero) {
  const ahoy::latencies none;
  EXPECT_EQ(none.count(), 0U);
  EXPECT_EQ(none.quantile(0.99), 0ns);
  EXPECT_EQ(none.longest(), 0ns);
}

TEST(latencies, of_one_are_that_one) {
  const auto one = of({123456789ns});
  for (const double share : {0.0, 0.001, 0.5, 0.999, 1.0}) EXPECT_EQ(one.quantile(share), 123456789ns);
}

TEST(latencies, go_by_nearest_rank) {
  std::vector<ahoy::duration> times;
  for (int n = 100; n >= 1; --n) times.emplace_back(n);
  const auto all = of(times);
  EXPECT_EQ(all.quantile(0), 1ns);
  EXPECT_EQ(all.quantile(0.5), 50ns);
  EXPECT_EQ(all.quantile(0.501), 51ns);
  EXPECT_EQ(all.quantile(0.99), 99ns);
  EXPECT_EQ(all.quantile(0.999), 100ns);
  EXPECT_EQ(all.quantile(1), 100ns);
}

TEST(latencies, a_rare_long_one_shows_where_it_belongs) {
  std::vector<ahoy::duration> times(999, 10ns);
  times.emplace_back(5s);
  EXPECT_EQ(of(times).quantile(0.999), 10ns);
  EXPECT_EQ(of(times).quantile(0.9991), 5s);
  EXPECT_EQ(of(times).longest(), 5s);
}

TEST(latencies, are_never_too_short_and_hardly_too_long) {
  std::mt19937_64 random(7);  // NOLINT(cert-msc32-c,cert-msc51-cpp): the same run each time
  std::vector<ahoy::duration> times;
  for (int n = 0; n < 10000; ++n) times.emplace_back(std::int64_t{1} << (random() % 40) | (random() % 4096));
  const auto all = of(times);
  std::ranges::sort(times);
  for (const double share : {0.001, 0.1, 0.5, 0.9, 0.99, 0.999, 1.0}) {
    const auto exact = times[static_cast<std::size_t>(std::ceil(share * 10000)) - 1];
    EXPECT_GE(all.quantile(share), exact);
    EXPECT_LE(all.quantile(share), exact + exact / 128);
  }
}

TEST(latencies, take_any_time) {
  const auto all = of({ahoy::duration::min(), 0ns, ahoy::duration::max()});
  EXPECT_EQ(all.count(), 3U);
  EXPECT_EQ(all.quantile(0.5), 0ns);
  EXPECT_EQ(all.quantile(1), ahoy::duration::max());
}

}  // namespace
