#include <ahoy/task/scope.hpp>
#include <ahoy/task/task.hpp>

#include <gtest/gtest.h>

#include <memory>
#include <stdexcept>
#include <string>

namespace {

using namespace std::chrono_literals;
using ahoy::context;
using ahoy::task;

/// Suspends whoever awaits it, until somebody opens it by hand.
struct gate {
  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> who) noexcept { waiting = who; }
  void await_resume() const noexcept {}
  void open() { std::exchange(waiting, {}).resume(); }
  std::coroutine_handle<> waiting;
};

/// Runs what needs no engine to its end; what it throws is thrown here.
void run(task<> work) {
  context top;
  ahoy::scope all{top};
  all.start(std::move(work));
  ASSERT_EQ(all.size(), 0U) << "it is suspended";
  all.join().await_resume();
}

task<> note(bool& ran) {
  ran = true;
  co_return;
}

task<> await_late(bool& ran) {
  task<> later = note(ran);
  EXPECT_FALSE(ran);
  co_await std::move(later);
  EXPECT_TRUE(ran);
}

TEST(task, starts_when_it_is_awaited) {
  bool ran = false;
  run(await_late(ran));
  EXPECT_TRUE(ran);
}

TEST(task, one_that_is_never_awaited_never_runs_and_frees_what_it_was_given) {
  const auto given = std::make_shared<int>(1);
  struct keeps {
    static task<> it(std::shared_ptr<int> /*given*/) { co_return; }
  };
  {
    const task<> unused = keeps::it(given);
  }
  EXPECT_EQ(given.use_count(), 1);
}

/// Neither copied nor made from nothing.
struct particular {
  explicit particular(int value) : value{std::make_unique<int>(value)} {}
  std::unique_ptr<int> value;
};

task<particular> make_particular() { co_return particular{7}; }

task<> take_particular(int& result) {
  const particular made = co_await make_particular();
  result = *made.value;
}

TEST(task, hands_over_a_value_that_can_only_be_moved) {
  int result = 0;
  run(take_particular(result));
  EXPECT_EQ(result, 7);
}

task<int> throws() {
  throw std::runtime_error{"as asked"};
  co_return 0;
}

task<> catches(std::string& what) {
  try {
    co_await throws();
  } catch (const std::runtime_error& caught) {
    what = caught.what();
  }
}

TEST(task, what_it_throws_is_thrown_by_the_await) {
  std::string what;
  run(catches(what));
  EXPECT_EQ(what, "as asked");
}

task<> lets_through() { co_await throws(); }

TEST(task, what_nobody_catches_reaches_the_scope) { EXPECT_THROW(run(lets_through()), std::runtime_error); }

task<> through(gate& at, std::string& trail) {
  trail += "in ";
  co_await at;
  trail += "out ";
}

task<int> outer(gate& at, std::string& trail) {
  co_await through(at, trail);
  trail += "outer ";
  co_return 3;
}

task<> outermost(gate& at, std::string& trail) {
  const int value = co_await outer(at, trail);
  trail += std::to_string(value);
}

TEST(task, a_suspended_one_goes_on_where_it_was_and_its_parents_after_it) {
  context top;
  ahoy::scope all{top};
  gate at;
  std::string trail;
  all.start(outermost(at, trail));
  EXPECT_EQ(trail, "in ");
  at.open();
  EXPECT_EQ(trail, "in out outer 3");
  EXPECT_EQ(all.size(), 0U);
}

task<> throw_after(gate& at) {
  co_await at;
  throw std::runtime_error{"late"};
}

task<> catch_after(gate& at, std::string& what) {
  try {
    co_await throw_after(at);
  } catch (const std::runtime_error& caught) {
    what = caught.what();
  }
}

TEST(task, what_it_throws_after_a_wait_is_thrown_by_the_await) {
  context top;
  ahoy::scope all{top};
  gate at;
  std::string what;
  all.start(catch_after(at, what));
  at.open();
  EXPECT_EQ(what, "late");
}

task<> remember_context(const context*& where) {
  context& here = co_await ahoy::this_context();
  where = &here;
}

task<> compare_contexts(const context*& inherited, const context*& own, const context*& given,
                        context& other) {
  context& here = co_await ahoy::this_context();
  own = &here;
  co_await remember_context(inherited);
  co_await remember_context(given).in(other);
}

TEST(task, inherits_the_context_of_who_awaits_it_unless_another_is_given) {
  const context* inherited = nullptr;
  const context* own = nullptr;
  const context* given = nullptr;
  context other;
  run(compare_contexts(inherited, own, given, other));
  EXPECT_NE(own, nullptr);
  EXPECT_EQ(inherited, own);
  EXPECT_EQ(given, &other);
}

task<ahoy::time_point> deadline_here() {
  context& here = co_await ahoy::this_context();
  co_return here.deadline();
}

task<ahoy::time_point> deadline_within(ahoy::time_point own) {
  const ahoy::time_point found = co_await ahoy::with_deadline(own, deadline_here());
  co_return found;
}

task<> nested_deadlines(ahoy::time_point outer, ahoy::time_point inner, ahoy::time_point& found) {
  found = co_await ahoy::with_deadline(outer, deadline_within(inner));
}

TEST(task, of_two_deadlines_the_earlier_one_holds) {
  ahoy::time_point found;
  run(nested_deadlines(ahoy::time_point{2s}, ahoy::time_point{1s}, found));
  EXPECT_EQ(found, ahoy::time_point{1s});
  run(nested_deadlines(ahoy::time_point{1s}, ahoy::time_point{2s}, found));
  EXPECT_EQ(found, ahoy::time_point{1s});
}

TEST(task, moves) {
  bool ran = false;
  bool replaced_ran = false;
  task<> first = note(ran);
  task<> second = note(replaced_ran);
  second = std::move(first);
  run(std::move(second));
  EXPECT_TRUE(ran);
  EXPECT_FALSE(replaced_ran);
}

task<int> depth(int left) {
  if (left == 0) co_return 0;
  const int below = co_await depth(left - 1);
  co_return below + 1;
}

task<> go_deep(int& found) { found = co_await depth(1000); }

TEST(task, awaits_tasks_that_await_tasks) {
  int found = 0;
  run(go_deep(found));
  EXPECT_EQ(found, 1000);
}

task<int> wait_and_count(gate& at, int value) {
  co_await at;
  co_return value + 1;
}

task<> count_up(gate& at, int& count) {
  while (count < 100'000) {
    const int next = co_await wait_and_count(at, count);
    count = next;
  }
}

TEST(task, a_hundred_thousand_awaits_that_suspend_stay_flat) {
  context top;
  ahoy::scope all{top};
  gate at;
  int count = 0;
  all.start(count_up(at, count));
  while (all.size() > 0) at.open();
  EXPECT_EQ(count, 100'000);
}

}  // namespace
