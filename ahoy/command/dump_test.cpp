#include <ahoy/command/dump.hpp>

#include <gtest/gtest.h>

#include <random>

namespace {

using ahoy::hex_dump;
using ahoy::timestamp;
using namespace std::chrono_literals;

std::string operator""_bytes(const char* text, std::size_t size) { return {text, size}; }

std::string dump_of(std::string_view bytes) {
  hex_dump dump;
  auto lines = dump.add(bytes);
  return lines += dump.finish();
}

// The expected lines are what hexdump -C (bsdextrautils 2.38) prints.
TEST(hex_dump, looks_like_hexdump) {
  hex_dump dump;
  EXPECT_EQ(dump.add("hello world\n\0\x7f\x80~ rest"_bytes),
            "00000000  68 65 6c 6c 6f 20 77 6f  72 6c 64 0a 00 7f 80 7e  |hello world....~|\n");
  EXPECT_EQ(dump.finish(), "00000010  20 72 65 73 74                                    | rest|\n");
}

TEST(hex_dump, pads_a_line_of_any_length) {
  for (std::size_t size = 1; size <= 16; ++size) {
    const auto line = dump_of(std::string(size, 'x'));
    EXPECT_EQ(line.find('|'), 60u) << size;
    EXPECT_EQ(line.size(), 60u + size + 3) << size;
  }
}

TEST(hex_dump, is_the_same_however_the_bytes_arrive) {
  const auto bytes = std::string(40, '\xff') + "end";
  const auto expected = dump_of(bytes);
  for (std::size_t piece = 1; piece <= bytes.size(); ++piece) {
    hex_dump dump;
    std::string lines;
    for (std::size_t i = 0; i < bytes.size(); i += piece) lines += dump.add(bytes.substr(i, piece));
    EXPECT_EQ(lines + dump.finish(), expected) << piece;
  }
}

TEST(hex_dump, goes_on_where_a_pause_cut_it) {
  hex_dump dump;
  EXPECT_EQ(dump.add("abc"), "");
  EXPECT_EQ(dump.finish().substr(0, 12), "00000000  61");
  EXPECT_EQ(dump.finish(), "");
  EXPECT_EQ(dump.add(std::string(16, 'z')).substr(0, 12), "00000003  7a");
}

std::chrono::system_clock::time_point at(std::chrono::nanoseconds since_epoch) {
  return std::chrono::system_clock::time_point(
      std::chrono::duration_cast<std::chrono::system_clock::duration>(since_epoch));
}

TEST(timestamp, is_rfc_3339_in_utc) {
  EXPECT_EQ(timestamp(at(0ns)), "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(timestamp(at(1709210096s + 789ms)), "2024-02-29T12:34:56.789Z");
  EXPECT_EQ(timestamp(at(2147483648s)), "2038-01-19T03:14:08.000Z");
}

TEST(timestamp, rounds_down) {
  EXPECT_EQ(timestamp(at(1999999ns)), "1970-01-01T00:00:00.001Z");
  EXPECT_EQ(timestamp(at(-1ns)), "1969-12-31T23:59:59.999Z");
}

}  // namespace
