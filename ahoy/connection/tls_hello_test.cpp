#include <ahoy/connection/tls_hello.hpp>

#include <gtest/gtest.h>

#include <string>

namespace {

using ahoy::hello_guard;

std::string record(unsigned char type, const std::string& text) {
  const auto size = static_cast<unsigned>(text.size());
  std::string made{static_cast<char>(type), 3, 1};
  made += static_cast<char>(size >> 8U);
  made += static_cast<char>(size & 255U);
  return made + text;
}

std::string head(unsigned char type, std::size_t size) {
  std::string made{static_cast<char>(type)};
  for (const unsigned by : {16U, 8U, 0U}) made += static_cast<char>(size >> by & 255U);
  return made;
}

std::string hello(std::size_t size) { return head(1, size) + std::string(size, 'x'); }

/// Whole, and byte by byte.
bool admits(const std::string& wire) {
  hello_guard at_once, by_byte;
  bool admitted = true;
  for (const char each : wire) admitted = admitted && by_byte.admits({&each, 1});
  EXPECT_EQ(at_once.admits(wire), admitted);
  return admitted;
}

TEST(hello_guard, admits_what_is_usual) {
  EXPECT_TRUE(admits(record(22, hello(512))));
  EXPECT_TRUE(admits(record(22, hello(hello_guard::longest_hello))));
}

TEST(hello_guard, does_not_wait_for_what_is_too_long) {
  EXPECT_FALSE(admits(record(22, head(1, hello_guard::longest_hello + 1))));
  EXPECT_FALSE(admits(record(22, head(1, 131396))));
}

TEST(hello_guard, puts_together_what_came_in_several_records) {
  const std::string first = hello(100);
  EXPECT_TRUE(admits(record(22, first.substr(0, 2)) + record(22, first.substr(2))));
  EXPECT_FALSE(admits(record(22, head(1, 100'000).substr(0, 1)) + record(22, head(1, 100'000).substr(1))));
}

TEST(hello_guard, sees_the_second_one_too) {
  const std::string again = record(22, hello(100)) + record(20, "\x01");
  EXPECT_TRUE(admits(again + record(22, hello(100))));
  EXPECT_FALSE(admits(again + record(22, head(1, 100'000))));
}

TEST(hello_guard, looks_into_nothing_else) {
  EXPECT_TRUE(admits(record(22, hello(100)) + record(23, head(1, 100'000))));
  EXPECT_TRUE(admits(record(22, hello(100) + head(11, 100'000))));
}

}  // namespace
