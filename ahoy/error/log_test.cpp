#include <ahoy/error/log.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace {

struct Log : testing::Test {
  ~Log() override { ahoy::set_log({}); }
};

TEST_F(Log, IsSilentByDefault) {
  EXPECT_FALSE(ahoy::log_is_set());
  testing::internal::CaptureStderr();
  testing::internal::CaptureStdout();
  ahoy::log(ahoy::log_level::error, "nobody hears this");
  EXPECT_EQ(testing::internal::GetCapturedStdout() + testing::internal::GetCapturedStderr(), "");
}

TEST_F(Log, LinesGoToTheFunction) {
  std::vector<std::pair<ahoy::log_level, std::string>> lines;
  ahoy::set_log([&](ahoy::log_level level, std::string_view line) { lines.emplace_back(level, line); });
  EXPECT_TRUE(ahoy::log_is_set());
  ahoy::log(ahoy::log_level::notice, "one");
  ahoy::log(ahoy::log_level::detail, "two");
  ahoy::set_log({});
  ahoy::log(ahoy::log_level::error, "three");
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_EQ(lines[0], std::pair(ahoy::log_level::notice, std::string("one")));
  EXPECT_EQ(lines[1], std::pair(ahoy::log_level::detail, std::string("two")));
}

TEST_F(Log, AFunctionMayThrowOrReplaceItself) {
  int calls = 0;
  ahoy::set_log([&](ahoy::log_level, std::string_view) {
    ++calls;
    ahoy::set_log([](ahoy::log_level, std::string_view) { throw std::runtime_error("full disk"); });
  });
  ahoy::log(ahoy::log_level::error, "first");
  ahoy::log(ahoy::log_level::error, "second");
  EXPECT_EQ(calls, 1);
}

TEST_F(Log, ManyThreads) {
  std::atomic<int> count = 0;
  auto counting = [&](ahoy::log_level, std::string_view) { ++count; };
  ahoy::set_log(counting);
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([&] {
      for (int n = 0; n < 1000; ++n) {
        ahoy::log(ahoy::log_level::detail, "line");
        if (n % 100 == 0) ahoy::set_log(counting);
      }
    });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(count, 4000);
}

TEST_F(Log, ARedirectionIsForItsOwnThreadAndEnds) {
  std::vector<std::string> all, own;
  std::mutex one_at_a_time;
  ahoy::set_log([&](ahoy::log_level, std::string_view line) {
    std::scoped_lock lock{one_at_a_time};
    all.emplace_back(line);
  });
  {
    ahoy::log_redirection here{[&](ahoy::log_level, std::string_view line) { own.emplace_back(line); }};
    ahoy::log(ahoy::log_level::notice, "mine");
    std::thread{[] { ahoy::log(ahoy::log_level::notice, "another's"); }}.join();
  }
  ahoy::log(ahoy::log_level::notice, "after");
  ahoy::set_log({});
  EXPECT_EQ(own, std::vector<std::string>{"mine"});
  EXPECT_EQ(all, (std::vector<std::string>{"another's", "after"}));
}

}  // namespace
