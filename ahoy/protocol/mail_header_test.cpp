#include <ahoy/protocol/mail_header.hpp>

#include <gtest/gtest.h>

namespace {

using ahoy::find_body;
using fields = std::vector<ahoy::header_field>;

TEST(mail_header, ends_at_the_first_empty_line) {
  EXPECT_EQ(find_body("A: b\r\n\r\nbody"), 8U);
  EXPECT_EQ(find_body("A: b\n\nbody\n\n"), 6U);
  EXPECT_EQ(find_body("\r\nbody"), 2U);
  EXPECT_EQ(find_body("A: b\r\n"), std::nullopt);
  EXPECT_EQ(find_body(""), std::nullopt);
}

TEST(mail_header, fields_are_unfolded) {
  EXPECT_EQ(ahoy::parse_mail_header("To: a@x,\r\n\tb@y\r\nnone\r\nSubject : hi \n there\n\r\n"),
            (fields{{"To", "a@x,\tb@y"}, {"Subject", "hi  there"}}));
  EXPECT_EQ(ahoy::parse_mail_header(""), fields{});
  EXPECT_EQ(ahoy::parse_mail_header(": x\nA:"), (fields{{"A", ""}}));
  const fields two{{"A", "1"}, {"a", "2"}};
  EXPECT_EQ(*ahoy::find_field(two, "a"), "1");
  EXPECT_EQ(ahoy::find_field(two, "b"), nullptr);
}

TEST(mail_header, a_field_is_taken_out_with_all_its_lines) {
  EXPECT_EQ(ahoy::without_field("A: b\r\nbCC: c@x,\r\n d@y\r\n\te@z\r\nTo: f@x\r\n\r\n", "Bcc"),
            "A: b\r\nTo: f@x\r\n\r\n");
  EXPECT_EQ(ahoy::without_field("Bcc : c@x", "bcc"), "");
}

TEST(mail_header, what_is_no_header_is_told) {
  EXPECT_TRUE(ahoy::begins_with_field("A: b"));
  EXPECT_FALSE(ahoy::begins_with_field("hello there: you"));
  EXPECT_FALSE(ahoy::begins_with_field("hello\nA: b"));
  EXPECT_FALSE(ahoy::begins_with_field(""));
}

}  // namespace
