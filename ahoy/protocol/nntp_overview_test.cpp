#include <ahoy/protocol/nntp_overview.hpp>

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace {

using ahoy::nntp_overview_format;

constexpr std::string_view line =
    "3000234\tI am just a test\t\"Demo\" <nobody@example.com>\t6 Oct 1998 04:38:40 "
    "-0500\t<45223423@example.com>\t"
    "<45454@example.net>\t1234\t17\tXref: news.example.com misc.test:3000363\tKeywords: a b";

TEST(nntp_overview, has_its_fields) {  // RFC 3977, section 8.3.3
  const auto entry = nntp_overview_format{}.parse(line);
  ASSERT_TRUE(entry);
  EXPECT_EQ(entry->number, 3'000'234U);
  EXPECT_EQ(entry->subject, "I am just a test");
  EXPECT_EQ(entry->from, "\"Demo\" <nobody@example.com>");
  EXPECT_EQ(entry->date, "6 Oct 1998 04:38:40 -0500");
  EXPECT_EQ(entry->message_id, "<45223423@example.com>");
  EXPECT_EQ(entry->references, "<45454@example.net>");
  EXPECT_EQ(entry->bytes, 1234U);
  EXPECT_EQ(entry->lines, 17U);
  EXPECT_EQ(entry->other("xref"), "news.example.com misc.test:3000363");
  EXPECT_EQ(entry->other("Keywords"), "a b");
  EXPECT_EQ(entry->other("Keyword"), "");
  EXPECT_EQ(entry->other("none"), "");
}

TEST(nntp_overview, may_lack_fields) {
  const auto entry = nntp_overview_format{}.parse("7\t\t\t\t<a@b>\t\t\t");
  ASSERT_TRUE(entry);
  EXPECT_EQ(entry->subject, "");
  EXPECT_EQ(entry->message_id, "<a@b>");
  EXPECT_EQ(entry->bytes, 0U);
  EXPECT_EQ(entry->others, "");
  EXPECT_EQ(nntp_overview_format{}.parse("7")->number, 7U);
  EXPECT_EQ(nntp_overview_format{}.parse("7\ts\tf\td\ti\tr\t-1\tx")->bytes, 0U);
}

TEST(nntp_overview, is_nothing_without_a_number) {
  for (const char* each : {"", "\t", "x\ty", "-1\ty", "1 \ty", "18446744073709551616\ty"})
    EXPECT_FALSE(nntp_overview_format{}.parse(each)) << each;
}

TEST(nntp_overview, has_the_order_of_its_server) {
  const std::vector<std::string> names{"Subject:", "Xref:full", "FROM:", "Bytes:", ":lines", "Keywords:full"};
  const auto entry = nntp_overview_format{names}.parse("1\ts\tXref: x\tf\t10\t20\tKeywords: k");
  ASSERT_TRUE(entry);
  EXPECT_EQ(entry->subject, "s");
  EXPECT_EQ(entry->from, "f");
  EXPECT_EQ(entry->bytes, 10U);
  EXPECT_EQ(entry->lines, 20U);
  EXPECT_EQ(entry->other("Keywords"), "k");
}

TEST(nntp_overview, heeds_no_endless_format) {
  std::vector<std::string> names(100, "Subject:");
  names.emplace_back("From:");
  std::string many = "1";
  for (int i = 0; i < 101; ++i) many += "\t" + std::to_string(i);
  const auto entry = nntp_overview_format{names}.parse(many);
  ASSERT_TRUE(entry);
  EXPECT_EQ(entry->subject, "31");
  EXPECT_EQ(entry->from, "");
}

}  // namespace
