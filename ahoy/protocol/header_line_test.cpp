#include <ahoy/error/error.hpp>
#include <ahoy/protocol/header_line.hpp>

#include <gtest/gtest.h>

#include <sstream>
#include <string>

namespace {

using ahoy::address_header_line;
using ahoy::text_header_line;

TEST(header_line, is_plain_where_it_can_be) {
  EXPECT_EQ(text_header_line("Subject", "hello, world"), "Subject: hello, world\r\n");
  EXPECT_EQ(text_header_line("X-Empty", ""), "X-Empty: \r\n");
}

TEST(header_line, is_encoded_where_it_is_not_ascii) {
  EXPECT_EQ(text_header_line("Subject", "Grüße"), "Subject: =?UTF-8?B?R3LDvMOfZQ==?=\r\n");
  EXPECT_EQ(text_header_line("Subject", "=?x"), "Subject: =?UTF-8?B?PT94?=\r\n")
      << "it would be taken for an encoded word";
}

TEST(header_line, is_folded_into_lines_that_mail_may_have) {
  std::string text;
  for (int i = 0; i < 100; ++i) text += "grüße" + std::to_string(i) + " ";
  for (const std::string& each : {text, std::string(5000, 'a') + " b", "ä" + std::string(500, 'x')}) {
    const std::string lines = text_header_line("Subject", each);
    ASSERT_TRUE(lines.ends_with("\r\n"));
    std::istringstream in{lines};
    for (std::string line; std::getline(in, line);) {
      EXPECT_LE(line.size(), 85U) << line;
      EXPECT_TRUE(line.starts_with("Subject:") || line.starts_with(' ')) << line;
    }
  }
}

TEST(header_line, encodes_names_and_leaves_addresses) {
  EXPECT_EQ(address_header_line("From", "Alice <alice@example.org>"), "From: Alice <alice@example.org>\r\n");
  EXPECT_EQ(address_header_line("From", "Älice <alice@example.org>"),
            "From: =?UTF-8?B?w4RsaWNl?= <alice@example.org>\r\n");
  EXPECT_EQ(address_header_line("From", "\"Ä, B\" <a@b>, c@d"),
            "From: =?UTF-8?B?w4QsIEI=?= <a@b>,\r\n c@d\r\n");
  EXPECT_EQ(address_header_line("From", "a@b"), "From: a@b\r\n");
}

std::error_code cause_of(const std::string& name, const std::string& text, bool has_addresses = false) {
  try {
    has_addresses ? void(address_header_line(name, text)) : void(text_header_line(name, text));
  } catch (const ahoy::error& why) {
    return why.code();
  }
  return {};
}

TEST(header_line, is_one_line) {
  for (const char* each : {"a\r\nBcc: b", "a\nb", "a\rb", "a\x1b[2J", "a\x7f", "\xff", "a\tb"}) {
    EXPECT_EQ(cause_of("Subject", each), ahoy::errc::malformed) << each;
    EXPECT_EQ(cause_of("From", each, true), ahoy::errc::malformed) << each;
  }
  EXPECT_EQ(cause_of("Subject", std::string("a\0b", 3)), ahoy::errc::malformed);
  for (const char* each : {"", "Sub ject", "Subject:", "S\n", "\xc3\xa4"})
    EXPECT_EQ(cause_of(each, "x"), ahoy::errc::malformed) << each;
  EXPECT_EQ(cause_of("From", "nobody", true), ahoy::errc::malformed);
  EXPECT_EQ(cause_of("From", "ä@example.org", true), ahoy::errc::malformed);
}

}  // namespace
