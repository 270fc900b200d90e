#include <ahoy/engine/buffer_ring.hpp>

#include <gtest/gtest.h>

namespace {

/// A ring of more slots than a turn fills takes memory and cache from all that it does later.
TEST(buffer_ring, many_who_find_no_block_in_one_turn_are_one_shortage) {
  ahoy::ring ring;
  ahoy::buffer_pool pool;
  ahoy::buffer_ring blocks{ring, pool, 1024};
  blocks.refill();
  const std::size_t at_first = blocks.size();
  for (int each = 0; each < 20; ++each) blocks.grow();
  EXPECT_EQ(blocks.size(), 2 * at_first);
  blocks.refill();
  blocks.grow();
  EXPECT_EQ(blocks.size(), 4 * at_first);
}

TEST(buffer_ring, grows_to_its_most_and_no_further) {
  ahoy::ring ring;
  ahoy::buffer_pool pool;
  ahoy::buffer_ring blocks{ring, pool, 64};
  for (int each = 0; each < 4; ++each) {
    blocks.refill();
    blocks.grow();
  }
  EXPECT_EQ(blocks.size(), 64U);
}

}  // namespace
