#include <ahoy/engine/timer_heap.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <vector>

namespace {

using ahoy::time_point;
using ahoy::timer_heap;

struct timed final : ahoy::operation {
  timed() noexcept : operation{ahoy::operation_kind::park, nullptr} {}
  ~timed() = default;
};

time_point at(long tick) { return time_point{ahoy::duration{tick}}; }

TEST(timer_heap, is_due_never_while_empty) {
  timer_heap heap;
  EXPECT_TRUE(heap.empty());
  EXPECT_EQ(heap.earliest(), ahoy::no_deadline);
}

TEST(timer_heap, one_that_is_in_no_heap_may_be_removed) {
  timer_heap heap;
  timed never_in, once_in;
  heap.remove(never_in);
  heap.insert(once_in, at(1));
  heap.remove(once_in);
  heap.remove(once_in);
  EXPECT_TRUE(heap.empty());
}

TEST(timer_heap, a_removed_one_is_never_due) {
  timer_heap heap;
  timed first, second;
  heap.insert(first, at(1));
  heap.insert(second, at(2));
  heap.remove(first);
  EXPECT_EQ(heap.take_due(at(1)), nullptr);
  EXPECT_EQ(heap.take_due(at(2)), &second);
  EXPECT_EQ(heap.take_due(at(2)), nullptr);
}

/// As a connection does that is always answered in time, beside one that waits for ever.
TEST(timer_heap, what_is_removed_does_not_pile_up) {
  timer_heap heap;
  timed idle, busy;
  heap.insert(idle, at(100'000));
  for (int i = 0; i < 100'000; ++i) {
    heap.insert(busy, at(i));
    heap.remove(busy);
    ASSERT_LE(heap.size(), 70U);
  }
  heap.remove(idle);
  EXPECT_EQ(heap.size(), 0U);
}

/// The same steps on the heap and on a sorted map; after each, the heap names a first that the map agrees
/// with.
class random_steps : public testing::TestWithParam<unsigned> {
 protected:
  void insert() {
    timed& fresh = *operations_.emplace_back(std::make_unique<timed>());
    const time_point due = at(std::uniform_int_distribution<long>{0, 40}(random_));  // many are due together
    heap_.insert(fresh, due);
    due_.emplace(&fresh, due);
  }
  void remove_any() {
    if (due_.empty()) return;
    const auto chosen =
        std::next(due_.begin(), std::uniform_int_distribution<long>{0, std::ssize(due_) - 1}(random_));
    heap_.remove(*chosen->first);
    due_.erase(chosen);
  }
  void remove_first() {
    if (due_.empty()) return;
    const auto earliest = std::ranges::min_element(due_, {}, [](const auto& each) { return each.second; });
    const time_point now = earliest->second;
    EXPECT_EQ(heap_.take_due(now - ahoy::duration{1}), nullptr);
    ahoy::operation* const first = heap_.take_due(now);
    ASSERT_TRUE(first);
    EXPECT_EQ(due_.at(first), now);
    due_.erase(first);
  }
  void check() {
    ASSERT_EQ(heap_.empty(), due_.empty());
    const auto earliest = std::ranges::min_element(due_, {}, [](const auto& each) { return each.second; });
    if (due_.empty())
      ASSERT_EQ(heap_.earliest(), ahoy::no_deadline);
    else
      ASSERT_LE(heap_.earliest(), earliest->second);
  }

  std::mt19937 random_{GetParam()};
  timer_heap heap_;
  std::vector<std::unique_ptr<timed>> operations_;
  std::map<ahoy::operation*, time_point> due_;
};

TEST_P(random_steps, agree_with_a_sorted_map) {
  for (int step = 0; step < 3000; ++step) {
    const bool grows = step / 500 % 2 == 0;
    switch (std::uniform_int_distribution{0, 5}(random_)) {
      case 0:
        remove_any();
        break;
      case 1:
        ASSERT_NO_FATAL_FAILURE(remove_first());
        break;
      case 2:
        grows ? insert() : remove_any();
        break;
      default:
        grows ? insert() : remove_first();
        break;
    }
    ASSERT_NO_FATAL_FAILURE(check()) << "step " << step;
  }
  while (!due_.empty()) {
    remove_first();
    ASSERT_NO_FATAL_FAILURE(check());
  }
}

INSTANTIATE_TEST_SUITE_P(seeds, random_steps, testing::Range(0U, 8U));

}  // namespace
