#include <ahoy/command/report_queue.hpp>

#include <gtest/gtest.h>

#include <array>
#include <string>

namespace {

using ahoy::json_event;
using ahoy::report_queue;

constexpr std::size_t limit = 1000;
const std::string line(10, '-');
const std::chrono::system_clock::time_point now{};

std::string drain(report_queue& from) {
  std::string all;
  while (!from.empty()) all += from.take(now);
  return all;
}

void fill(report_queue& queue) {
  while (queue.has_room()) queue.add(line);
}

TEST(report_queue, tells_in_order_while_its_reader_reads) {
  report_queue queue{limit};
  const int one = 0;
  queue.join(&one, "join\n");
  queue.add("message\n");
  queue.add_or_count(json_event::busy, "busy\n");
  queue.leave(&one, "leave\n");
  EXPECT_EQ(drain(queue), "join\nmessage\nbusy\nleave\n");
  EXPECT_EQ(drain(queue), "");
}

TEST(report_queue, a_crowd_that_comes_and_goes_is_counted) {
  report_queue queue{limit};
  fill(queue);
  const std::size_t full = queue.size();
  const int one = 0;
  for (int i = 0; i < 100'000; ++i) {
    queue.join(&one, "join\n");
    queue.leave(&one, "leave\n");
    queue.add_or_count(json_event::busy, line);
  }
  queue.add_or_count(json_event::drop, line);
  EXPECT_EQ(queue.size(), full);
  const std::string told = drain(queue);
  EXPECT_EQ(told.find("join\n"), told.npos);
  EXPECT_NE(
      told.find(R"("event":"drop","from":"","text":"not told, since nobody read: 100000 callers that came )"
                R"(and left, 100000 callers that were told busy, 1 drop of messages"})"),
      told.npos)
      << told;
  EXPECT_EQ(drain(queue), "");  // once
}

TEST(report_queue, who_is_here_is_told_and_before_what_it_says) {
  report_queue queue{limit};
  fill(queue);
  const std::array<int, 3> callers{};
  queue.join(&callers[0], "0 joins\n");
  queue.join(&callers[1], "1 joins\n");
  queue.join(&callers[2], "2 joins\n");
  queue.leave(&callers[1], "1 leaves\n");
  EXPECT_FALSE(queue.has_room());
  static_cast<void>(queue.take(now));
  EXPECT_TRUE(queue.has_room());
  queue.add("2 says\n");
  const std::string told = drain(queue);
  EXPECT_NE(told.find(": 1 caller that came and left\"}\n0 joins\n2 joins\n2 says\n"), told.npos) << told;
}

TEST(report_queue, messages_wait_until_all_joins_are_told) {
  report_queue queue{limit};
  fill(queue);
  const std::array<int, 1000> callers{};
  for (const int& each : callers) queue.join(&each, line);
  static_cast<void>(queue.take(now));
  EXPECT_FALSE(queue.has_room());
  EXPECT_EQ(drain(queue).size(), callers.size() * line.size());
  EXPECT_TRUE(queue.has_room());
}

TEST(report_queue, who_was_told_to_be_here_is_told_to_have_left) {
  report_queue queue{limit};
  const int one = 0;
  queue.join(&one, "join\n");
  fill(queue);
  queue.leave(&one, "leave\n");
  EXPECT_NE(drain(queue).find("leave\n"), std::string::npos);
}

}  // namespace
