#include <ahoy/command/values.hpp>
#include <ahoy/error/error.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace {

using namespace std::chrono_literals;
using ahoy::errc;
using ahoy::parse_duration;
using ahoy::parse_integer;
using ahoy::parse_size;
using testing::HasSubstr;

constexpr auto most_size = std::numeric_limits<std::uint64_t>::max();
constexpr auto least_integer = std::numeric_limits<std::int64_t>::min();
constexpr auto most_integer = std::numeric_limits<std::int64_t>::max();

template <class Action>
std::error_code cause_of(Action action) {
  try {
    static_cast<void>(action());
  } catch (const ahoy::error& failure) {
    return failure.code();
  }
  return {};
}

template <class Action>
std::string hint_of(Action action) {
  try {
    static_cast<void>(action());
  } catch (const ahoy::error& failure) {
    return failure.hint();
  }
  return "(not refused)";
}

std::error_code duration_cause(std::string_view text) {
  return cause_of([&] { return parse_duration("--timeout", text); });
}

std::error_code size_cause(std::string_view text, std::uint64_t least = 0, std::uint64_t most = most_size) {
  return cause_of([&] { return parse_size("--queue", text, least, most); });
}

std::error_code integer_cause(std::string_view text, std::int64_t least, std::int64_t most) {
  return cause_of([&] { return parse_integer("--backlog", text, least, most); });
}

TEST(duration, is_a_number_and_a_unit) {
  EXPECT_EQ(parse_duration("--timeout", "500ms"), 500ms);
  EXPECT_EQ(parse_duration("--timeout", "2s"), 2s);
  EXPECT_EQ(parse_duration("--timeout", "1m"), 1min);
  EXPECT_EQ(parse_duration("--timeout", "1h"), 1h);
  EXPECT_EQ(parse_duration("--timeout", "0s"), 0s);
  EXPECT_EQ(parse_duration("--timeout", "007s"), 7s);
}

TEST(duration, may_have_decimals) {
  EXPECT_EQ(parse_duration("--timeout", "1.5s"), 1500ms);
  EXPECT_EQ(parse_duration("--timeout", "0.25m"), 15s);
  EXPECT_EQ(parse_duration("--timeout", "1.10h"), 66min);
  EXPECT_EQ(parse_duration("--timeout", "0.000001ms"), 1ns);
  EXPECT_EQ(parse_duration("--timeout", "1.000000000000000000000s"), 1s);
}

TEST(duration, none_is_no_limit) { EXPECT_EQ(parse_duration("--timeout", "none"), std::nullopt); }

TEST(duration, refuses_what_is_none) {
  for (auto text :
       {"",    "s",   "ms",  "-1s",  "+1s",  "1 s",  " 1s", "1s ",  "1s1", "1m30s", "1.s",  ".5s", "1..5s",
        "nan", "NaN", "inf", "nans", "1e3s", "0x1s", "1S",  "1sec", "1d",  "1,5s",  "None", "1us", "١s"})
    EXPECT_EQ(duration_cause(text), errc::malformed) << text;
  EXPECT_EQ(duration_cause(std::string("1s\0", 3)), errc::malformed);
}

TEST(duration, asks_for_a_missing_unit) {
  for (auto text : {"2", "0", "1.5"}) {
    EXPECT_EQ(duration_cause(text), errc::malformed);
    EXPECT_THAT(hint_of([&] { return parse_duration("--timeout", text); }),
                HasSubstr("say " + std::string(text) + "s"));
  }
}

TEST(duration, never_wraps_or_rounds) {
  EXPECT_EQ(parse_duration("--timeout", "876000h"), ahoy::longest_duration);
  for (auto text : {"876001h", "876000.1h", "18446744073709551616ms", "18446744073709551615s",
                    "5124095576030431h", "99999999999999999999999999999999h", "0.0000001ms", "0.0000000001s"})
    EXPECT_EQ(duration_cause(text), errc::out_of_range) << text;
}

TEST(duration, is_named_in_the_error) {
  try {
    static_cast<void>(parse_duration("--timeout", "x\n"));
    FAIL() << "was not refused";
  } catch (const ahoy::error& failure) {
    EXPECT_STREQ(failure.what(), "read --timeout \"x\\x0a\": malformed");
  }
}

TEST(size, is_a_number_of_bytes) {
  EXPECT_EQ(parse_size("--queue", "0"), 0u);
  EXPECT_EQ(parse_size("--queue", "10"), 10u);
  EXPECT_EQ(parse_size("--queue", "64k"), 65536u);
  EXPECT_EQ(parse_size("--queue", "1m"), 1048576u);
  EXPECT_EQ(parse_size("--queue", "3g"), 3221225472u);
  EXPECT_EQ(parse_size("--queue", "1M"), 1048576u);
}

TEST(size, refuses_what_is_none) {
  for (auto text :
       {"", "k", "-1", "+1", "1.5m", "1 k", " 1k", "1k ", "1kb", "1kk", "0x10", "1e3", "nan", "none", "1t"})
    EXPECT_EQ(size_cause(text), errc::malformed) << text;
}

TEST(size, never_wraps) {
  EXPECT_EQ(parse_size("--queue", "18446744073709551615"), most_size);
  EXPECT_EQ(parse_size("--queue", "17179869183g"), 17179869183u * (std::uint64_t{1} << 30));
  for (auto text :
       {"18446744073709551616", "17179869184g", "18014398509481984k", "99999999999999999999999999"})
    EXPECT_EQ(size_cause(text), errc::out_of_range) << text;
}

TEST(size, stays_in_its_range) {
  EXPECT_EQ(parse_size("--queue", "1k", 1024, 2048), 1024u);
  EXPECT_EQ(parse_size("--queue", "2k", 1024, 2048), 2048u);
  EXPECT_EQ(size_cause("1023", 1024, 2048), errc::out_of_range);
  EXPECT_EQ(size_cause("2049", 1024, 2048), errc::out_of_range);
  EXPECT_THAT(hint_of([] { return parse_size("--queue", "0", 1, 10); }), HasSubstr("1 to 10 bytes"));
}

TEST(integer, stays_in_its_range) {
  EXPECT_EQ(parse_integer("--backlog", "0", 0, 10), 0);
  EXPECT_EQ(parse_integer("--backlog", "10", 0, 10), 10);
  EXPECT_EQ(parse_integer("--backlog", "-5", -5, 10), -5);
  for (auto text : {"-1", "11", "9223372036854775808", "-9223372036854775809", "99999999999999999999"})
    EXPECT_EQ(integer_cause(text, 0, 10), errc::out_of_range) << text;
  EXPECT_EQ(parse_integer("--backlog", "9223372036854775807", least_integer, most_integer), most_integer);
  EXPECT_EQ(parse_integer("--backlog", "-9223372036854775808", least_integer, most_integer), least_integer);
}

TEST(integer, refuses_what_is_none) {
  for (auto text : {"", "-", "+1", " 1", "1 ", "1.0", "0x1", "1e1", "one", "nan", "1k", "--1"})
    EXPECT_EQ(integer_cause(text, 0, 10), errc::malformed) << text;
  EXPECT_EQ(hint_of([] { return parse_integer("--backlog", "", 0, 10); }), "write a number from 0 to 10");
}

}  // namespace
