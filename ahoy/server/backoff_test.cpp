#include <ahoy/engine/select.hpp>
#include <ahoy/error/error.hpp>
#include <ahoy/server/backoff.hpp>
#include <ahoy/task/scope.hpp>

#include <gtest/gtest.h>
#include <tests/forwarding_engine.hpp>

#include <memory>
#include <new>
#include <string>

namespace {

using ahoy::backoff;
using ahoy::task;

/// An engine that has no memory for the place of a timer.
class timerless_engine final : public ahoy_test::forwarding_engine {
 public:
  bool submit(ahoy::operation& asked) override {
    if (asked.timeout == ahoy::no_timeout) return forwarding_engine::submit(asked);
    ++refused;
    throw std::bad_alloc{};
  }
  int refused = 0;
};

task<> back_off(ahoy::engine& by) { co_await backoff{by}; }

task<> back_off_twice(ahoy::engine& by, char who, std::string& order) {
  for (int i = 0; i < 2; ++i) {
    co_await backoff{by};
    order += who;
  }
}

task<> back_off_until_stopped(ahoy::engine& by, std::error_code& why) {
  try {
    co_await backoff{by};
  } catch (const std::system_error& stopped) {
    why = stopped.code();
  }
}

task<> stop_one_that_backs_off(ahoy::engine& by, std::error_code& why) {
  ahoy::context& here = co_await ahoy::this_context();
  ahoy::scope children{here};
  children.start(back_off_until_stopped(by, why));
  children.stop();
  co_await children.join();
}

TEST(backing_off, takes_its_time) {
  const auto by = ahoy::make_engine();
  const auto before = std::chrono::steady_clock::now();
  by->run(back_off(*by));
  EXPECT_GE(std::chrono::steady_clock::now() - before, backoff::length);
}

TEST(backing_off, ends_when_it_is_stopped) {
  const auto by = ahoy::make_engine();
  std::error_code why;
  by->run(stop_one_that_backs_off(*by, why));
  EXPECT_EQ(why, std::errc::operation_canceled);
}

TEST(backing_off, without_memory_for_a_timer_others_have_their_turn) {
  timerless_engine by;
  std::string order;
  by.run(ahoy::when_all(ahoy::tasks(back_off_twice(by, 'a', order), back_off_twice(by, 'b', order))));
  EXPECT_EQ(order, "abab");
  EXPECT_EQ(by.refused, 4);
}

}  // namespace
