#include <ahoy/engine/select.hpp>
#include <ahoy/error/error.hpp>
#include <ahoy/task/scope.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>

namespace {

using ahoy::address;
using ahoy::engine_choice;
using ahoy::task;

class resolve : public testing::TestWithParam<engine_choice> {
 protected:
  std::unique_ptr<ahoy::engine> engine_ = ahoy::make_engine(GetParam());
};

task<> look_up(ahoy::engine& by, ahoy::host name, std::vector<address>& found) {
  found = co_await by.resolve(name, ahoy::port{80}, ahoy::family::unspecified, ahoy::socket_type::stream,
                              ahoy::lookup_use::connect);
}

TEST_P(resolve, finds_a_name) {
  std::vector<address> found;
  engine_->run(look_up(*engine_, "localhost", found));
  ASSERT_FALSE(found.empty());
  EXPECT_TRUE(std::ranges::all_of(
      found, [](const address& each) { return each.is_loopback() && each.port() == 80; }));
}

task<> start_and_count(ahoy::engine& by, ahoy::host name, std::size_t& running) {
  ahoy::context& here = co_await ahoy::this_context();
  ahoy::scope children{here};
  std::vector<address> found;
  children.start(look_up(by, name, found));
  running = children.size();
  co_await children.join();
}

TEST_P(resolve, a_number_needs_no_wait) {
  std::size_t running = 1;
  engine_->run(start_and_count(*engine_, "127.0.0.1", running));
  EXPECT_EQ(running, 0U);
}

TEST_P(resolve, a_name_holds_up_nobody) {
  std::size_t running = 0;  // a look-up that is over before we look shows nothing: try until one is not
  for (int i = 0; i < 1000 && running == 0; ++i)
    engine_->run(start_and_count(*engine_, "localhost", running));
  EXPECT_EQ(running, 1U);
}

TEST_P(resolve, a_name_that_does_not_exist_is_an_error) {
  std::vector<address> found;
  EXPECT_THROW(engine_->run(look_up(*engine_, "no-such-name.invalid", found)), ahoy::error);
}

task<> stop_at_once(ahoy::engine& by) {
  ahoy::context& here = co_await ahoy::this_context();
  ahoy::scope children{here};
  std::vector<address> found;
  children.start(look_up(by, "localhost", found));
  children.stop();
  co_await children.join();  // stopped, or found already: both end well
}

TEST_P(resolve, one_that_is_stopped_leaves_its_thread_behind_unharmed) {
  for (int i = 0; i < 20; ++i) engine_->run(stop_at_once(*engine_));
  engine_.reset();  // what still looks up may end after the engine
}

INSTANTIATE_TEST_SUITE_P(every, resolve,
                         testing::Values(engine_choice::epoll, engine_choice::uring,
                                         engine_choice::blocking));

}  // namespace
