#include <ahoy/error/error.hpp>
#include <ahoy/protocol/imap_url.hpp>

#include <gtest/gtest.h>

namespace {

std::string shown(std::string_view path) {
  const auto url = ahoy::parse_imap_url(path);
  return url.mailbox + "|" + std::to_string(url.uid.value_or(0)) + "|" +
         std::to_string(url.uid_validity.value_or(0)) + "|" + url.section + "|" + url.search;
}

TEST(imap_url, names) {
  EXPECT_EQ(shown(""), "|0|0||");
  EXPECT_EQ(shown("/"), "|0|0||");
  EXPECT_EQ(shown("/INBOX"), "INBOX|0|0||");
  EXPECT_EQ(shown("/INBOX/"), "INBOX|0|0||");
  EXPECT_EQ(shown("/Gr%C3%BC%C3%9Fe/x%3By"), "Grüße/x;y|0|0||");
  EXPECT_EQ(shown("/INBOX;UID=5"), "INBOX|5|0||");
  EXPECT_EQ(shown("/INBOX;UIDVALIDITY=7/;uid=5/;SECTION=1.2.MIME"), "INBOX|5|7|1.2.MIME|");
  EXPECT_EQ(shown("/INBOX/;UID=5/"), "INBOX|5|0||");
  EXPECT_EQ(shown("/INBOX?SUBJECT%20%22a%20b%22%20UNSEEN"), "INBOX|0|0||SUBJECT \"a b\" UNSEEN");
}

TEST(imap_url, refuses) {
  for (const char* each : {"/a%0d%0ab",
                           "/a%00",
                           "/a%zz",
                           "/%ff",
                           "/;UID=5",
                           "/?ALL",
                           "/a;UID=0",
                           "/a;UID=x",
                           "/a;UID=4294967296",
                           "/a;UID",
                           "/a;X=5",
                           "/a;UID=5;SECTION=1]",
                           "/a;UID=5;SECTION=",
                           "/a;SECTION=1",
                           "/a?TEXT%20%7B5%2B%7D",
                           "/a?A%0d%0aB",
                           "/a?%C3%BC",
                           "/a;UID=5?ALL",
                           "/a;UID=5%0d",
                           "/a;"})
    EXPECT_THROW(static_cast<void>(ahoy::parse_imap_url(each)), ahoy::error) << each;
}

TEST(imap_url, a_number_may_be_a_message) {
  const auto message = ahoy::as_imap_message(ahoy::parse_imap_url("/a/b/5"));
  ASSERT_TRUE(message);
  EXPECT_EQ(message->mailbox, "a/b");
  EXPECT_EQ(message->uid, 5U);
  for (const char* each : {"/5", "/a/x", "/a/0", "/a", "/", "/a/5;UID=5", "/a/5?ALL"})
    EXPECT_FALSE(ahoy::as_imap_message(ahoy::parse_imap_url(each))) << each;
}

}  // namespace
