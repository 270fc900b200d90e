#include <ahoy/task/scope.hpp>

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <system_error>

namespace {

using ahoy::context;
using ahoy::scope;
using ahoy::task;

/// What an engine does for its waits, by hand: a wait ends when it is opened, or when its context stops and
/// somebody lets those that were canceled go on.
class gate {
 public:
  struct awaiter final : ahoy::waiter {
    explicit awaiter(gate& of) : of{of} {}
    bool await_ready() const noexcept { return false; }
    template <class Promise>
    bool await_suspend(std::coroutine_handle<Promise> who) {
      context& where = who.promise().where();
      canceled = where.stopped();
      if (canceled) return false;
      waiting = who;
      enter(where);
      of.first = this;
      return true;
    }
    void await_resume() {
      leave();
      of.first = nullptr;
      if (canceled) throw std::system_error{std::make_error_code(std::errc::operation_canceled)};
    }
    void cancel() noexcept override { canceled = true; }
    gate& of;
    std::coroutine_handle<> waiting;
    bool canceled = false;
  };
  awaiter operator co_await() noexcept { return awaiter{*this}; }
  [[nodiscard]] bool is_canceled() const { return first && first->canceled; }
  void open() { first->waiting.resume(); }
  void open_if_canceled() {
    if (is_canceled()) open();
  }

  awaiter* first = nullptr;
};

task<> through(gate& at) { co_await at; }

task<> through_nothing() { co_return; }

task<> fail(std::string what) {
  throw std::runtime_error{what};
  co_return;
}

task<> fail_after(gate& at, std::string what) {
  co_await at;
  throw std::runtime_error{what};
}

task<> note(std::string& trail, std::string word) {
  trail += word;
  co_return;
}

std::string failure_of(scope& all) {
  try {
    all.join().await_resume();
    return "none";
  } catch (const std::exception& caught) {
    return caught.what();
  }
}

TEST(scope, a_child_begins_at_once) {
  context top;
  scope all{top};
  std::string trail;
  all.start(note(trail, "ran"));
  EXPECT_EQ(trail, "ran");
  EXPECT_EQ(all.size(), 0U);
}

task<> join_then_note(gate& one, gate& other, std::string& trail) {
  context& here = co_await ahoy::this_context();
  scope children{here};
  children.start(through(one));
  children.start(through(other));
  co_await children.join();
  trail += "joined";
}

TEST(scope, a_join_waits_for_every_child) {
  context top;
  scope all{top};
  gate one, other;
  std::string trail;
  all.start(join_then_note(one, other, trail));
  other.open();
  EXPECT_EQ(trail, "");
  one.open();
  EXPECT_EQ(trail, "joined");
  EXPECT_EQ(all.size(), 0U);
}

TEST(scope, the_first_that_throws_stops_the_others_and_is_rethrown) {
  context top;
  scope all{top};
  gate at;
  all.start(through(at));
  all.start(fail("first"));
  EXPECT_TRUE(at.is_canceled());
  at.open();
  EXPECT_EQ(all.size(), 0U);
  EXPECT_EQ(failure_of(all), "first");
}

TEST(scope, of_several_failures_the_first_one_is_told) {
  context top;
  scope all{top};
  gate at;
  all.start(fail("first"));
  all.start(fail_after(at, "second"));
  EXPECT_EQ(all.size(), 1U - 1U) << "a wait in a stopped scope ends at once";
  EXPECT_EQ(failure_of(all), "first");
}

TEST(scope, what_its_owner_stopped_ended_as_expected) {
  context top;
  scope all{top};
  gate at;
  all.start(through(at));
  all.stop();
  at.open();
  EXPECT_EQ(failure_of(all), "none");
  EXPECT_FALSE(top.stopped());
}

task<> fail_when_stopped(gate& at) {
  try {
    co_await at;
  } catch (const std::system_error&) {
  }
  throw std::runtime_error{"while ending"};
}

TEST(scope, a_failure_after_a_stop_is_told_all_the_same) {
  context top;
  scope all{top};
  gate at;
  all.start(fail_when_stopped(at));
  all.stop();
  at.open();
  EXPECT_EQ(failure_of(all), "while ending");
}

TEST(scope, what_its_parent_stopped_is_told_as_canceled) {
  context top;
  scope all{top};
  gate at;
  all.start(through(at));
  top.stop();
  EXPECT_TRUE(at.is_canceled());
  at.open();
  EXPECT_THROW(all.join().await_resume(), std::system_error);
}

TEST(scope, a_failure_is_told_once) {
  context top;
  scope all{top};
  all.start(fail("once"));
  EXPECT_EQ(failure_of(all), "once");
  EXPECT_EQ(failure_of(all), "none");
}

task<> start_another(scope& in, gate& at, std::string& trail) {
  in.start(through(at));
  trail += "started ";
  co_return;
}

task<> join_all(gate& at, std::string& trail) {
  context& here = co_await ahoy::this_context();
  scope children{here};
  children.start(start_another(children, at, trail));
  co_await children.join();
  trail += "joined";
}

TEST(scope, a_child_may_start_others_that_are_joined_too) {
  context top;
  scope all{top};
  gate at;
  std::string trail;
  all.start(join_all(at, trail));
  EXPECT_EQ(trail, "started ");
  at.open();
  EXPECT_EQ(trail, "started joined");
}

task<> hold(std::shared_ptr<int> /*held*/, gate& at) { co_await at; }

TEST(scope, a_childs_frame_goes_at_its_end) {
  context top;
  scope all{top};
  gate at;
  const auto held = std::make_shared<int>(0);
  all.start(hold(held, at));
  EXPECT_EQ(held.use_count(), 2);
  at.open();
  EXPECT_EQ(held.use_count(), 1);
}

TEST(scope, one_that_is_destroyed_before_its_children_ends_the_program) {
  EXPECT_DEATH(
      {
        context top;
        gate at;
        scope all{top};
        all.start(through(at));
      },
      "");
}

task<> await_any(gate& one, gate& other, std::string& trail) {
  co_await ahoy::when_any(ahoy::tasks(through(one), through(other)));
  trail += "done";
}

/// Notes how each child ended, and starts another one then.
struct following final : scope::follower {
  void ended(context& of, std::exception_ptr thrown) override {
    last = &of;
    try {
      if (thrown) std::rethrow_exception(thrown);
      words += "done;";
    } catch (const std::exception& failure) {
      words += std::string{failure.what()} + ";";
    }
    if (refuses) throw std::runtime_error{"refused"};
    if (next) in->start(through(*next));
  }
  scope* in = nullptr;
  gate* next = nullptr;
  bool refuses = false;
  context* last = nullptr;
  std::string words;
};

TEST(scope, the_end_of_a_child_with_a_context_of_its_own_is_told_and_is_no_failure) {
  context top;
  following told;
  scope all{top, &told};
  context one{all.where()}, other{all.where()};
  gate at;
  all.start(through(at), one);
  all.start(fail("broken"), other);
  EXPECT_EQ(told.words, "broken;");
  EXPECT_EQ(told.last, &other);
  EXPECT_FALSE(at.is_canceled());
  at.open();
  EXPECT_EQ(told.words, "broken;done;");
  EXPECT_EQ(told.last, &one);
  EXPECT_EQ(failure_of(all), "none");
}

TEST(scope, what_is_started_when_a_child_ends_is_joined_too) {
  context top;
  following told;
  scope all{top, &told};
  context own{all.where()};
  gate later;
  told.in = &all;
  told.next = &later;
  all.start(through_nothing(), own);
  EXPECT_EQ(all.size(), 1U);
  later.open();
  EXPECT_EQ(all.size(), 0U);
}

TEST(scope, a_stop_of_a_childs_own_context_reaches_that_child_alone) {
  context top;
  following told;
  scope all{top, &told};
  context one{all.where()}, other{all.where()};
  gate at, beside;
  all.start(through(at), one);
  all.start(through(beside), other);
  one.stop();
  EXPECT_TRUE(at.is_canceled());
  EXPECT_FALSE(beside.is_canceled());
  at.open();
  beside.open();
  EXPECT_EQ(all.size(), 0U);
}

TEST(scope, what_its_follower_throws_stops_the_others) {
  context top;
  following told;
  told.refuses = true;
  scope all{top, &told};
  context own{all.where()};
  gate at;
  all.start(through(at));
  all.start(through_nothing(), own);
  EXPECT_TRUE(at.is_canceled());
  at.open();
  EXPECT_EQ(failure_of(all), "refused");
}

TEST(when_any, ends_with_the_first_and_stops_the_others) {
  context top;
  scope all{top};
  gate one, other;
  std::string trail;
  all.start(await_any(one, other, trail));
  one.open();
  EXPECT_EQ(trail, "") << "the other one has to be over too";
  EXPECT_TRUE(other.is_canceled());
  other.open();
  EXPECT_EQ(trail, "done");
  EXPECT_EQ(failure_of(all), "none");
}

TEST(when_any, two_that_end_at_once_are_no_failure) {
  context top;
  scope all{top};
  std::string trail;
  all.start(ahoy::when_any(ahoy::tasks(note(trail, "a"), note(trail, "b"))));
  EXPECT_EQ(all.size(), 0U);
  EXPECT_EQ(failure_of(all), "none");
}

TEST(when_any, the_first_that_fails_is_told) {
  context top;
  scope all{top};
  gate at;
  all.start(ahoy::when_any(ahoy::tasks(through(at), fail("first"))));
  at.open_if_canceled();
  EXPECT_EQ(failure_of(all), "first");
}

TEST(when_any, a_stop_from_above_is_told_as_canceled) {
  context top;
  scope all{top};
  gate one, other;
  all.start(ahoy::when_any(ahoy::tasks(through(one), through(other))));
  top.stop();
  one.open();
  other.open();
  EXPECT_THROW(all.join().await_resume(), std::system_error);
}

TEST(when_all, ends_with_the_last) {
  context top;
  scope all{top};
  gate one, other;
  all.start(ahoy::when_all(ahoy::tasks(through(one), through(other))));
  one.open();
  EXPECT_EQ(all.size(), 1U);
  other.open();
  EXPECT_EQ(all.size(), 0U);
}

TEST(scope, starts_all_in_their_order) {
  context top;
  scope all{top};
  gate one, other;
  all.start_all(through(one), through(other));
  EXPECT_EQ(all.size(), 2U);
  one.open();
  EXPECT_EQ(all.size(), 1U);
  other.open();
  EXPECT_EQ(all.size(), 0U);
}

/// What makes a task may throw, as where memory runs out: then none has begun that would have to be joined.
TEST(scope, starts_none_where_one_cannot_be_made) {
  context top;
  scope all{top};
  gate at;
  const auto no_task = []() -> task<> { throw std::bad_alloc{}; };
  EXPECT_THROW(all.start_all(through(at), no_task()), std::bad_alloc);
  EXPECT_EQ(all.size(), 0U);
}

TEST(when_all, of_nothing_ends_at_once) {
  context top;
  scope all{top};
  all.start(ahoy::when_all({}));
  EXPECT_EQ(all.size(), 0U);
}

}  // namespace
