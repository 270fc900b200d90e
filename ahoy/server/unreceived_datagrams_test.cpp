#include <ahoy/server/unreceived_datagrams.hpp>

#include <gtest/gtest.h>

#include <list>
#include <optional>
#include <string>

namespace {

using ahoy::address;
using ahoy::unreceived_datagrams;

struct unreceived : testing::Test {
  ahoy::buffer_pool blocks;
  unreceived_datagrams::room room;
  const address asked = address::inet(INADDR_LOOPBACK, 0);

  bool add(unreceived_datagrams& to, const std::string& text) { return to.add(blocks.copy(text), asked); }
  std::string take(unreceived_datagrams& from) {
    address told;
    const ahoy::bytes data = from.take(blocks, told);
    EXPECT_FALSE(data.empty());
    EXPECT_EQ(told, asked);
    return std::string{data.text()};
  }
};

TEST_F(unreceived, come_in_order_in_a_block_or_copied) {
  unreceived_datagrams waiting{room};
  for (int i = 0; i < 200; ++i) ASSERT_TRUE(add(waiting, i == 100 ? "" : std::to_string(i)));
  EXPECT_EQ(blocks.lent(), ahoy::received_datagrams::most) << "the others are copied";
  for (int i = 0; i < 200; ++i) EXPECT_EQ(take(waiting), i == 100 ? "" : std::to_string(i));
  EXPECT_TRUE(waiting.empty());
  EXPECT_EQ(room.bytes, 0U);
  EXPECT_EQ(room.blocks, 0U);
}

TEST_F(unreceived, come_in_order_where_one_always_waits) {
  unreceived_datagrams waiting{room};
  ASSERT_TRUE(add(waiting, "0"));
  for (int i = 1; i < 1000; ++i) {
    ASSERT_TRUE(add(waiting, std::to_string(i)));
    ASSERT_EQ(take(waiting), std::to_string(i - 1));
    ASSERT_EQ(waiting.size(), 1U);
  }
}

TEST_F(unreceived, of_one_caller_are_so_many) {
  unreceived_datagrams waiting{room}, of_another{room};
  for (std::size_t i = 0; i < unreceived_datagrams::most; ++i) ASSERT_TRUE(add(waiting, "x"));
  EXPECT_FALSE(add(waiting, "x"));
  EXPECT_TRUE(add(of_another, "x"));
  take(waiting);
  EXPECT_TRUE(add(waiting, "x"));
}

TEST_F(unreceived, of_all_callers_take_so_many_bytes) {
  const std::string large(ahoy::buffer_pool::block_size, 'x');
  const std::size_t each = large.size() + unreceived_datagrams::overhead;
  const std::size_t fit = unreceived_datagrams::most_bytes / each;
  std::optional<unreceived_datagrams> one{room};
  unreceived_datagrams another{room};
  for (std::size_t i = 0; i < fit; ++i) ASSERT_TRUE(add(i % 2 == 0 ? *one : another, large));
  EXPECT_FALSE(add(another, large));
  one.reset();
  EXPECT_EQ(room.bytes, fit / 2 * each) << "what nobody will receive takes no room";
  EXPECT_TRUE(add(another, "x"));
}

/// Whoever forges senders has as many as there are addresses, each of which may have so many wait.
TEST_F(unreceived, that_are_empty_fill_the_room_too) {
  std::list<unreceived_datagrams> senders;
  std::size_t held = 0;
  for (bool is_taken = true; is_taken && held < unreceived_datagrams::most_bytes; held += is_taken ? 1 : 0) {
    if (held % unreceived_datagrams::most == 0) senders.emplace_back(room);
    is_taken = add(senders.back(), "");
  }
  EXPECT_EQ(held, unreceived_datagrams::most_bytes / unreceived_datagrams::overhead);
  EXPECT_EQ(room.blocks, 0U);
  senders.clear();
  EXPECT_EQ(room.bytes, 0U);
}

}  // namespace
