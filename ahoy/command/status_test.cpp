#include <ahoy/command/standard_streams.hpp>
#include <ahoy/command/status.hpp>
#include <ahoy/command/usage_error.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>
#include <functional>

namespace {

ahoy::status status_of(std::error_code cause, const char* verb) {
  return ahoy::status_of(ahoy::error(cause, verb, "[::1]:23456"));
}

TEST(status, follows_the_cause) {
  EXPECT_EQ(status_of(ahoy::errc::host_not_found, "look up"), ahoy::status::host_not_found);
  EXPECT_EQ(status_of(ahoy::errc::lookup_unanswered, "look up"), ahoy::status::host_not_found);
  EXPECT_EQ(status_of(ahoy::system_code(EAFNOSUPPORT), "look up"), ahoy::status::host_not_found);
  EXPECT_EQ(status_of(ahoy::errc::service_not_found, "read port"), ahoy::status::usage);
  EXPECT_EQ(status_of(ahoy::errc::malformed, "read --timeout"), ahoy::status::usage);
  EXPECT_EQ(status_of(ahoy::errc::out_of_range, "read port"), ahoy::status::usage);
  EXPECT_EQ(status_of(ahoy::errc::too_long, "receive"), ahoy::status::too_long);
  EXPECT_EQ(status_of(ahoy::errc::cut_short, "receive"), ahoy::status::receive_failed);
  EXPECT_EQ(status_of(ahoy::errc::protocol_broken, "receive from"), ahoy::status::protocol_broken);
  EXPECT_EQ(status_of(ahoy::usage_errc::unknown, "option"), ahoy::status::usage);
}

TEST(status, follows_the_verb) {
  EXPECT_EQ(status_of(ahoy::system_code(ECONNREFUSED), "connect to"), ahoy::status::not_connected);
  EXPECT_EQ(status_of(ahoy::system_code(ENETUNREACH), "connect to"), ahoy::status::not_connected);
  EXPECT_EQ(status_of(ahoy::system_code(EADDRNOTAVAIL), "bind to"), ahoy::status::local_address);
  EXPECT_EQ(status_of(ahoy::system_code(EADDRINUSE), "listen on"), ahoy::status::local_address);
  EXPECT_EQ(status_of(ahoy::system_code(ECONNRESET), "receive from"), ahoy::status::receive_failed);
  EXPECT_EQ(status_of(ahoy::system_code(EPIPE), "send to"), ahoy::status::send_failed);
  EXPECT_EQ(status_of(ahoy::system_code(EIO), "ponder"), ahoy::status::fault);
}

TEST(status, knows_what_a_datagram_is_told) {
  EXPECT_EQ(status_of(ahoy::system_code(ECONNREFUSED), "receive from"), ahoy::status::not_connected);
  EXPECT_EQ(status_of(ahoy::system_code(ECONNREFUSED), "send to"), ahoy::status::not_connected);
  EXPECT_EQ(status_of(ahoy::system_code(EMSGSIZE), "send to"), ahoy::status::too_long);
}

TEST(status, time_ran_out_whatever_was_done) {
  EXPECT_EQ(status_of(std::make_error_code(std::errc::timed_out), "connect to"), ahoy::status::timed_out);
  EXPECT_EQ(status_of(ahoy::system_code(ETIMEDOUT), "receive from"), ahoy::status::timed_out);
}

TEST(status, tells_our_output_and_input_from_others) {
  EXPECT_EQ(ahoy::status_of(ahoy::output_error(ENOSPC)), ahoy::status::output_failed);
  EXPECT_EQ(ahoy::status_of(ahoy::output_error(ETIMEDOUT)), ahoy::status::output_failed);
  EXPECT_EQ(ahoy::status_of(ahoy::input_error(EISDIR)), ahoy::status::input_failed);
  EXPECT_EQ(status_of(ahoy::system_code(ENOSPC), "write to"), ahoy::status::fault);
}

TEST(status, each_meaning_is_told_once) {
  const auto rows = ahoy::status_meanings();
  EXPECT_EQ(std::ranges::adjacent_find(rows, std::ranges::greater_equal{},
                                       [](const auto& row) { return to_integer(row.value); }),
            rows.end());
}

TEST(status, a_report_is_a_line_and_the_next_step) {
  EXPECT_EQ(ahoy::report_text(ahoy::error(ahoy::system_code(EIO), "send to", "x")),
            "ahoy: send to x: input/output error\n");
  EXPECT_EQ(ahoy::report_text(ahoy::error(ahoy::errc::malformed, "read", "\"\x1b\"", "write\nless")),
            "ahoy: read \"\\x1b\": malformed\nwrite\\x0aless\n");
  EXPECT_EQ(ahoy::report_text(ahoy::error(ahoy::errc::too_long, "receive from", "x", "more than 1 byte")),
            "ahoy: receive from x: too long\nmore than 1 byte; --max-message changes it\n");
  EXPECT_EQ(ahoy::report_text(ahoy::error(ahoy::errc::too_long, "fetch from", "x", "more than 1 byte")),
            "ahoy: fetch from x: too long\nmore than 1 byte; --max-size changes it\n");
}

}  // namespace
