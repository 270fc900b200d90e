#include <ahoy/task/context.hpp>

#include <gtest/gtest.h>

#include <memory>
#include <vector>

namespace {

using namespace std::chrono_literals;
using ahoy::context;

/// Counts how often it was asked to end.
struct counting final : ahoy::waiter {
  explicit counting(context& where) { enter(where); }
  using ahoy::waiter::leave;
  void cancel() noexcept override { ++canceled; }
  int canceled = 0;
};

TEST(deadline_after, adds) {
  const ahoy::time_point base{5s};
  EXPECT_EQ(ahoy::deadline_after(base, 2s), ahoy::time_point{7s});
  EXPECT_EQ(ahoy::deadline_after(base, -2s), ahoy::time_point{3s});
}

TEST(deadline_after, is_held_where_the_sum_would_overflow) {
  EXPECT_EQ(ahoy::deadline_after(ahoy::time_point{5s}, ahoy::no_timeout), ahoy::no_deadline);
  EXPECT_EQ(ahoy::deadline_after(ahoy::no_deadline, 1s), ahoy::no_deadline);
  EXPECT_EQ(ahoy::deadline_after(ahoy::no_deadline, 0s), ahoy::no_deadline);
}

TEST(context, has_no_deadline_and_is_not_stopped) {
  context top;
  EXPECT_EQ(top.deadline(), ahoy::no_deadline);
  EXPECT_FALSE(top.stopped());
}

TEST(context, takes_the_earlier_deadline) {
  context top;
  context outer{top, ahoy::time_point{10s}};
  EXPECT_EQ(context(outer, ahoy::time_point{20s}).deadline(), ahoy::time_point{10s});
  EXPECT_EQ(context(outer, ahoy::time_point{5s}).deadline(), ahoy::time_point{5s});
  EXPECT_EQ(context(outer).deadline(), ahoy::time_point{10s});
}

TEST(context, a_stop_reaches_every_waiter_below_and_none_beside) {
  context top;
  context beside{top};
  context child{top};
  context grandchild{child};
  counting above{top}, first{child}, second{child}, below{grandchild}, other{beside};
  child.stop();
  EXPECT_TRUE(child.stopped());
  EXPECT_TRUE(grandchild.stopped());
  EXPECT_FALSE(top.stopped());
  EXPECT_FALSE(beside.stopped());
  EXPECT_EQ(first.canceled, 1);
  EXPECT_EQ(second.canceled, 1);
  EXPECT_EQ(below.canceled, 1);
  EXPECT_EQ(above.canceled, 0);
  EXPECT_EQ(other.canceled, 0);
}

TEST(context, stops_once) {
  context top;
  counting waiting{top};
  top.stop();
  top.stop();
  EXPECT_EQ(waiting.canceled, 1);
}

TEST(context, one_made_in_a_stopped_one_is_stopped) {
  context top;
  top.stop();
  EXPECT_TRUE(context{top}.stopped());
}

TEST(context, one_who_left_is_not_asked) {
  context top;
  counting first{top}, middle{top}, last{top};
  middle.leave();
  middle.leave();
  top.stop();
  EXPECT_EQ(first.canceled + last.canceled, 2);
  EXPECT_EQ(middle.canceled, 0);
}

TEST(context, one_that_is_gone_is_not_asked) {
  context top;
  counting stays{top};
  {
    counting goes{top};
  }
  {
    context goes{top};
  }
  top.stop();
  EXPECT_EQ(stays.canceled, 1);
}

/// The end of one is the end of another that has not been asked yet.
struct takes_along final : ahoy::waiter {
  explicit takes_along(context& where) { enter(where); }
  void cancel() noexcept override { along.reset(); }
  std::unique_ptr<counting> along;
};

TEST(context, a_waiter_may_end_another_one_while_all_are_asked) {
  context top;
  takes_along earlier{top};
  auto between = std::make_unique<counting>(top);
  takes_along later{top};
  earlier.along = std::make_unique<counting>(top);
  later.along = std::move(between);
  top.stop();
  EXPECT_FALSE(earlier.along);
  EXPECT_FALSE(later.along);
}

}  // namespace
