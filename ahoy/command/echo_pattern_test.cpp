#include <ahoy/command/echo_pattern.hpp>

#include <gtest/gtest.h>

#include <string>

namespace {

std::string read(const ahoy::echo_pattern& pattern, std::uint64_t position, std::size_t size,
                 std::size_t piece) {
  std::string all;
  while (all.size() < size) {
    const auto part = pattern.at(position + all.size(), std::min(piece, size - all.size()));
    EXPECT_FALSE(part.empty());
    all += part;
  }
  return all;
}

TEST(echo_pattern, does_not_depend_on_the_pieces_it_is_read_in) {
  const ahoy::echo_pattern pattern;
  const auto whole = read(pattern, 5, 400'000, 400'000);
  EXPECT_EQ(read(pattern, 5, 400'000, 997), whole);
  EXPECT_EQ(read(pattern, 1005, 1000, 7), whole.substr(1000, 1000));
}

TEST(echo_pattern, is_another_one_a_message_later) {
  const ahoy::echo_pattern pattern;
  for (const std::size_t size : {16U, 64U, 1000U, 4096U, 65536U})
    EXPECT_NE(read(pattern, 0, 16, 16), read(pattern, size, 16, 16)) << size;
}

}  // namespace
