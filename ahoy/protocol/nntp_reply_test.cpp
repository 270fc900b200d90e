#include <ahoy/protocol/nntp_reply.hpp>

#include <gtest/gtest.h>

#include <string>

namespace {

TEST(nntp_reply, has_a_code_and_words) {
  const auto whole = ahoy::parse_nntp_reply("200 news.example.org ready");
  ASSERT_TRUE(whole);
  EXPECT_EQ(whole->code, 200);
  EXPECT_EQ(whole->text, "news.example.org ready");
  for (const char* each : {"205", "205 "}) {
    const auto bare = ahoy::parse_nntp_reply(each);
    ASSERT_TRUE(bare) << each;
    EXPECT_EQ(bare->code, 205);
    EXPECT_EQ(bare->text, "");
  }
}

TEST(nntp_reply, is_nothing_else) {
  for (const char* each : {"", "2", "20", "20x ok", "2000 ok", "200-ok", "200\tok", " 200 ok", "-20 ok",
                           "000 ok", "600 ok", "HTTP/1.1 200 OK"})
    EXPECT_FALSE(ahoy::parse_nntp_reply(each)) << each;
  EXPECT_FALSE(
      ahoy::parse_nntp_reply(std::string_view{"2\0"
                                              "0",
                                              3}));
}

TEST(nntp_reply, selects_a_newsgroup) {
  const auto chosen = ahoy::parse_nntp_selection("1234 3000234 3002322 misc.test");
  ASSERT_TRUE(chosen);
  EXPECT_EQ(chosen->count, 1234U);
  EXPECT_EQ(chosen->first, 3'000'234U);
  EXPECT_EQ(chosen->last, 3'002'322U);
  for (const char* each : {"", "1", "1 2", "1 2 x", "-1 2 3", "1 2 18446744073709551616", "+1 2 3"})
    EXPECT_FALSE(ahoy::parse_nntp_selection(each)) << each;
}

TEST(nntp_reply, lists_newsgroups) {
  const auto group = ahoy::parse_nntp_group("comp.risks 0000000442 0000000001 m");
  ASSERT_TRUE(group);
  EXPECT_EQ(group->name, "comp.risks");
  EXPECT_EQ(group->last, 442U);
  EXPECT_EQ(group->first, 1U);
  EXPECT_EQ(group->status, "m");
  EXPECT_EQ(ahoy::parse_nntp_group("a 1 2 =b.c")->status, "=b.c");
  for (const char* each : {"", "a", "a 1", "a 1 2", "a x 2 y", "a 1 -2 y", "a 99999999999999999999 1 y"})
    EXPECT_FALSE(ahoy::parse_nntp_group(each)) << each;
}

TEST(nntp_reply, describes_newsgroups) {
  const auto about = ahoy::parse_nntp_description("misc.test\t General testing");
  ASSERT_TRUE(about);
  EXPECT_EQ(about->name, "misc.test");
  EXPECT_EQ(about->text, "General testing");
  EXPECT_EQ(ahoy::parse_nntp_description("misc.test")->text, "");
  EXPECT_FALSE(ahoy::parse_nntp_description(" \t"));
}

TEST(nntp_capabilities, have_names_and_arguments_in_any_case) {
  ahoy::nntp_capabilities all;
  EXPECT_TRUE(all.empty());
  for (const char* each : {"VERSION 2", "Reader", "AUTHINFO USER SASL", "SASL\tPLAIN  LOGIN", ""})
    all.add(each);
  EXPECT_FALSE(all.empty());
  EXPECT_TRUE(all.has("reader"));
  EXPECT_TRUE(all.has("READER"));
  EXPECT_FALSE(all.has("READ"));
  EXPECT_TRUE(all.has("AUTHINFO", "USER"));
  EXPECT_TRUE(all.has("sasl", "login"));
  EXPECT_FALSE(all.has("SASL", "SASL"));
  EXPECT_FALSE(all.has("STARTTLS", "x"));
}

TEST(nntp_capabilities, are_not_kept_without_end) {
  ahoy::nntp_capabilities all;
  std::string words = "FIRST";
  for (int i = 0; i < 1000; ++i) words += " w" + std::to_string(i);
  all.add(words);
  EXPECT_TRUE(all.has("FIRST", "w48"));
  EXPECT_FALSE(all.has("FIRST", "w49"));
  for (int i = 0; i < 1000; ++i) all.add("C" + std::to_string(i));
  EXPECT_TRUE(all.has("C198"));
  EXPECT_FALSE(all.has("C199"));
}

}  // namespace
