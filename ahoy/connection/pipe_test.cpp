#include <ahoy/connection/pipe.hpp>
#include <ahoy/engine/select.hpp>
#include <ahoy/error/error.hpp>
#include <ahoy/task/scope.hpp>

#include <gtest/gtest.h>

#include <memory>
#include <string>

namespace {

using namespace std::chrono_literals;
using ahoy::connection;
using ahoy::task;

class pipe : public testing::Test {
 protected:
  void join(std::size_t capacity) { std::tie(near_, far_) = ahoy::make_pipe(*engine_, capacity); }

  std::unique_ptr<ahoy::engine> engine_ = ahoy::make_engine();
  std::unique_ptr<connection> near_, far_;
};

task<> send_all(connection& to, std::string text) { co_await to.send(text); }

task<> receive_all(connection& from, std::string& into) {
  for (;;) {
    ahoy::bytes received = co_await from.receive();
    if (received.empty()) break;
    into += received.text();
  }
}

task<> send_and_end(connection& to, std::string text) {
  co_await to.send(text);
  to.shutdown_send();
}

task<> catch_cause(task<> work, std::error_code& cause) {
  try {
    co_await std::move(work);
  } catch (const std::system_error& caught) {
    cause = caught.code();
  }
}

TEST_F(pipe, carries_what_is_larger_than_itself) {
  join(10);
  std::string sent;
  for (int i = 0; i < 1000; ++i) sent += std::to_string(i);
  std::string got;
  engine_->run(ahoy::when_all(ahoy::tasks(send_and_end(*near_, sent), receive_all(*far_, got))));
  EXPECT_EQ(got, sent);
  EXPECT_EQ(near_->bytes_sent(), sent.size());
  EXPECT_EQ(far_->bytes_received(), sent.size());
  EXPECT_EQ(far_->bytes_sent(), 0U);
}

TEST_F(pipe, a_send_waits_for_room) {
  join(4);
  std::error_code cause;
  engine_->run(catch_cause(ahoy::with_deadline(ahoy::clock::now() + 2ms, send_all(*near_, "12345")), cause));
  EXPECT_EQ(cause, std::errc::timed_out);
  EXPECT_EQ(near_->bytes_sent(), 4U) << "the pipe holds no more";
}

TEST_F(pipe, what_was_sent_outlives_its_sender) {
  join(100);
  std::string got;
  engine_->run(send_all(*near_, "last words"));
  near_.reset();
  engine_->run(receive_all(*far_, got));
  EXPECT_EQ(got, "last words");
}

task<> close_it(std::unique_ptr<connection>& which) {
  which.reset();
  co_return;
}

TEST_F(pipe, closing_one_end_ends_a_pending_receive) {
  join(100);
  std::string got = "nothing";
  engine_->run(ahoy::when_all(ahoy::tasks(receive_all(*far_, got), close_it(near_))));
  EXPECT_EQ(got, "nothing");
}

TEST_F(pipe, closing_one_end_breaks_a_send_pending_or_not) {
  join(4);
  std::error_code pending, later;
  engine_->run(ahoy::when_all(ahoy::tasks(catch_cause(send_all(*near_, "12345"), pending), close_it(far_))));
  engine_->run(catch_cause(send_all(*near_, "x"), later));
  EXPECT_EQ(pending, std::errc::broken_pipe);
  EXPECT_EQ(later, std::errc::broken_pipe);
}

TEST_F(pipe, what_comes_after_shutdown_receive_is_lost_and_nobody_is_told_but_what_had_come_is_received) {
  join(4);
  engine_->run(send_all(*near_, "1234"));
  far_->shutdown_receive();
  std::error_code cause;
  std::string got;
  engine_->run(catch_cause(send_all(*near_, "much more than it holds"), cause));
  engine_->run(receive_all(*far_, got));
  EXPECT_FALSE(cause) << cause.message();
  EXPECT_EQ(got, "1234");
}

task<> end_receiving(connection& of) {
  of.shutdown_receive();
  co_return;
}

TEST_F(pipe, shutdown_receive_lets_a_pending_send_go) {
  join(4);
  std::error_code cause;
  engine_->run(
      ahoy::when_all(ahoy::tasks(catch_cause(send_all(*near_, "12345"), cause), end_receiving(*far_))));
  EXPECT_FALSE(cause) << cause.message();
}

TEST_F(pipe, sending_after_our_end_is_a_broken_pipe) {
  join(4);
  near_->shutdown_send();
  std::error_code cause;
  engine_->run(catch_cause(send_all(*near_, "x"), cause));
  EXPECT_EQ(cause, std::errc::broken_pipe);
}

task<> receive_one(connection& from) { co_await from.receive(); }

task<> receive_when_stopped(connection& from, std::error_code& cause) {
  ahoy::context& here = co_await ahoy::this_context();
  ahoy::scope children{here};
  children.stop();
  children.start(catch_cause(receive_one(from), cause));
  co_await children.join();
}

TEST_F(pipe, a_stop_is_observed_though_something_is_at_hand) {
  join(100);
  engine_->run(send_all(*near_, "x"));
  std::error_code cause;
  engine_->run(receive_when_stopped(*far_, cause));
  EXPECT_EQ(cause, std::errc::operation_canceled);
}

TEST_F(pipe, its_ends_are_told_apart) {
  join(100);
  EXPECT_EQ(near_->transport(), "pipe");
  EXPECT_NE(near_->label(), far_->label());
  EXPECT_EQ(near_->native(), nullptr);
}

}  // namespace
