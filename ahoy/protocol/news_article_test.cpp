#include <ahoy/error/error.hpp>
#include <ahoy/protocol/news_article.hpp>

#include <gtest/gtest.h>

namespace {

using ahoy::news_header;

news_header sample() {
  news_header made;
  made.newsgroups = "misc.test";
  made.from = "Älice <alice@example.org>";
  made.subject = "Grüße";
  made.message_id = "<1@example.org>";
  made.date = std::chrono::sys_days{std::chrono::year{2026} / 2 / 3} + std::chrono::hours{4} +
              std::chrono::seconds{5};
  return made;
}

TEST(news_header, has_what_an_article_has_to_have) {  // RFC 5536, section 3.1
  EXPECT_EQ(sample().text(),
            "From: =?UTF-8?B?w4RsaWNl?= <alice@example.org>\r\n"
            "Newsgroups: misc.test\r\n"
            "Subject: =?UTF-8?B?R3LDvMOfZQ==?=\r\n"
            "Date: Tue, 03 Feb 2026 04:00:05 +0000\r\n"
            "Message-ID: <1@example.org>\r\n"
            "MIME-Version: 1.0\r\n"
            "Content-Type: text/plain; charset=UTF-8\r\n"
            "Content-Transfer-Encoding: 8bit\r\n"
            "\r\n");
}

TEST(news_header, takes_what_is_given_instead) {
  news_header made = sample();
  made.from.clear();
  made.others = {ahoy::header_field{"FROM", "b@c"}, ahoy::header_field{"Organization", "none"}};
  const std::string text = made.text();
  EXPECT_EQ(text.find("From:"), std::string::npos);
  EXPECT_NE(text.find("\r\nFROM: b@c\r\nOrganization: none\r\n\r\n"), std::string::npos);
}

TEST(news_header, is_nothing_without_its_parts) {
  for (auto member : {&news_header::from, &news_header::newsgroups, &news_header::subject}) {
    news_header made = sample();
    (made.*member).clear();
    EXPECT_THROW(static_cast<void>(made.text()), ahoy::error);
    made.*member = "a\r\nControl: cancel <x@y>";
    EXPECT_THROW(static_cast<void>(made.text()), ahoy::error);
  }
}

TEST(news_header, has_an_id_that_no_other_has) {
  const std::string one = ahoy::new_message_id("Alice <alice@example.org>");
  EXPECT_NE(one, ahoy::new_message_id("Alice <alice@example.org>"));
  EXPECT_TRUE(one.starts_with('<'));
  EXPECT_TRUE(one.ends_with("@example.org>"));
  EXPECT_EQ(one.size(), 1 + 32 + sizeof("@example.org>") - 1);
  EXPECT_GT(ahoy::new_message_id("nobody").size(), 35U) << "this machine's name";
}

}  // namespace
