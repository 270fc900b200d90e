#include <ahoy/connection/carry.hpp>
#include <ahoy/connection/pipe.hpp>
#include <ahoy/engine/select.hpp>
#include <ahoy/error/error.hpp>
#include <ahoy/task/scope.hpp>

#include <gtest/gtest.h>

#include <string>

namespace {

using ahoy::connection;
using ahoy::context;
using ahoy::scope;
using ahoy::task;

task<> say_and_end(connection& to, std::string text) {
  co_await to.send(text);
  to.shutdown_send();
}

task<> hear_all(connection& from, std::string& into) {
  for (;;) {
    const ahoy::bytes some = co_await from.receive();
    if (some.empty()) break;
    into += some.text();
  }
}

struct carried : testing::Test {
  std::unique_ptr<ahoy::engine> by = ahoy::make_engine();
  std::pair<std::unique_ptr<connection>, std::unique_ptr<connection>> left = ahoy::make_pipe(*by, 1000);
  std::pair<std::unique_ptr<connection>, std::unique_ptr<connection>> right = ahoy::make_pipe(*by, 1000);
};

task<> speak_both_ways(carried& in, std::string& at_left, std::string& at_right) {
  co_await ahoy::when_all(ahoy::tasks(
      ahoy::carry(*in.left.second, *in.right.second), say_and_end(*in.left.first, std::string(10'000, 'l')),
      say_and_end(*in.right.first, std::string(20'000, 'r')), hear_all(*in.left.first, at_left),
      hear_all(*in.right.first, at_right)));
}

TEST_F(carried, is_what_each_says_and_its_end) {
  std::string at_left, at_right;
  by->run(speak_both_ways(*this, at_left, at_right));
  EXPECT_EQ(at_left, std::string(20'000, 'r'));
  EXPECT_EQ(at_right, std::string(10'000, 'l'));
}

task<> end_one_half_first(carried& in, std::string& at_left, std::string& at_right) {
  context& here = co_await ahoy::this_context();
  scope beside{here};
  beside.start(ahoy::carry(*in.left.second, *in.right.second));
  in.left.first->shutdown_send();
  co_await hear_all(*in.right.first, at_right);
  co_await say_and_end(*in.right.first, "still here");
  co_await hear_all(*in.left.first, at_left);
  co_await beside.join();
}

TEST_F(carried, is_one_half_after_the_other_has_ended) {
  std::string at_left, at_right;
  by->run(end_one_half_first(*this, at_left, at_right));
  EXPECT_EQ(at_right, "");
  EXPECT_EQ(at_left, "still here");
}

task<> say_to_nobody(carried& in, std::error_code& why) {
  in.right.first.reset();
  co_await in.left.first->send("hello");
  try {
    co_await ahoy::carry(*in.left.second, *in.right.second);
  } catch (const ahoy::error& failure) {
    why = failure.code();
  }
}

TEST_F(carried, is_not_what_one_end_does_not_take_any_more) {
  std::error_code why;
  by->run(say_to_nobody(*this, why));
  EXPECT_EQ(why, std::errc::broken_pipe);
}

task<> one_way(carried& in, std::string& at_right) {
  co_await say_and_end(*in.left.first, "this way");
  co_await ahoy::carry_one_way(*in.left.second, *in.right.second);
  co_await hear_all(*in.right.first, at_right);
}

TEST_F(carried, is_one_way_alone_where_that_is_asked_for) {
  std::string at_right;
  by->run(one_way(*this, at_right));
  EXPECT_EQ(at_right, "this way");
}

task<> all_of_it(carried& in, std::string& at_right) {
  co_await say_and_end(*in.left.first, "this way");
  co_await ahoy::carry_all(*in.left.second, *in.right.second);
  co_await say_and_end(*in.right.second, ", and more");
  co_await hear_all(*in.right.first, at_right);
}

TEST_F(carried, is_all_but_the_end_where_that_is_asked_for) {
  std::string at_right;
  by->run(all_of_it(*this, at_right));
  EXPECT_EQ(at_right, "this way, and more");
}

}  // namespace
