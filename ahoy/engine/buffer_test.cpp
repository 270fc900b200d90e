#include <ahoy/engine/buffer.hpp>

#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <vector>

namespace {

using ahoy::buffer_pool;
using ahoy::bytes;

TEST(bytes, nothing_is_empty_and_a_loan_of_no_bytes_is_not) {
  buffer_pool pool;
  EXPECT_TRUE(bytes{}.empty());
  const bytes nothing_in_it = pool.lend(pool.take(), 0);
  EXPECT_FALSE(nothing_in_it.empty());
  EXPECT_EQ(nothing_in_it.size(), 0U);
  EXPECT_EQ(nothing_in_it.text(), "");
}

TEST(bytes, go_back_to_their_pool) {
  buffer_pool pool;
  {
    const bytes loan = pool.copy("hello");
    EXPECT_EQ(loan.text(), "hello");
    EXPECT_EQ(pool.lent(), 1U);
  }
  EXPECT_EQ(pool.lent(), 0U);
}

TEST(bytes, move_and_are_given_back_once) {
  buffer_pool pool;
  bytes first = pool.copy("first");
  bytes second{std::move(first)};
  EXPECT_TRUE(first.empty());  // NOLINT(bugprone-use-after-move): it is what is promised
  EXPECT_EQ(second.text(), "first");
  second = pool.copy("second");
  EXPECT_EQ(second.text(), "second");
  EXPECT_EQ(pool.lent(), 1U);
  second = bytes{};
  EXPECT_EQ(pool.lent(), 0U);
}

TEST(buffer_pool, uses_a_block_again) {
  buffer_pool pool;
  const char* where = nullptr;
  {
    const bytes loan = pool.copy("x");
    where = loan.data();
  }
  const bytes again = pool.copy("y");
  EXPECT_EQ(again.data(), where);
}

TEST(buffer_pool, lends_blocks_that_do_not_overlap_however_many) {
  buffer_pool pool;
  std::vector<bytes> loans;
  for (int i = 0; i < 100; ++i) {
    const std::span<char> block = pool.take();
    ASSERT_EQ(block.size(), buffer_pool::block_size);
    std::memset(block.data(), i, block.size());
    loans.push_back(pool.lend(block, block.size()));
  }
  EXPECT_EQ(pool.lent(), 100U);
  for (int i = 0; i < 100; ++i)
    EXPECT_EQ(loans[i].text(), std::string(buffer_pool::block_size, static_cast<char>(i)));
  loans.clear();
  EXPECT_EQ(pool.lent(), 0U);
}

TEST(buffer_pool, takes_back_a_block_that_was_not_lent) {
  buffer_pool pool;
  pool.give_back(pool.take().data());
  EXPECT_EQ(pool.lent(), 0U);
}

TEST(buffer_pool, copies_a_whole_block) {
  buffer_pool pool;
  const std::string largest(buffer_pool::block_size, 'x');
  EXPECT_EQ(pool.copy(largest).text(), largest);
}

}  // namespace
