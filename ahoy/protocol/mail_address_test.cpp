#include <ahoy/error/error.hpp>
#include <ahoy/protocol/mail_address.hpp>

#include <gtest/gtest.h>

namespace {

using ahoy::mailbox;
using ahoy::parse_mailboxes;
using list = std::vector<mailbox>;

TEST(mail_address, reads_what_headers_hold) {
  EXPECT_EQ(parse_mailboxes("alice@example.org"), (list{{"", "alice@example.org"}}));
  EXPECT_EQ(parse_mailboxes(" Alice B. <a@x> ,\r\n b@y "), (list{{"Alice B.", "a@x"}, {"", "b@y"}}));
  EXPECT_EQ(parse_mailboxes(R"("Last, \"First\"" <a@x>)"), (list{{"Last, \"First\"", "a@x"}}));
  EXPECT_EQ(parse_mailboxes("=?utf-8?q?J=C3=B6rg?= <j@x>"), (list{{"Jörg", "j@x"}}));
  EXPECT_EQ(parse_mailboxes("friends: a@x, B <b@y>; , c@z (see, (there\\)))"),
            (list{{"", "a@x"}, {"B", "b@y"}, {"", "c@z"}}));
  EXPECT_EQ(parse_mailboxes("nobody:;"), list{});
  EXPECT_EQ(parse_mailboxes("\"a b\"@x, <\"c>d\"@y>"), (list{{"", "\"a b\"@x"}, {"", "\"c>d\"@y"}}));
  EXPECT_EQ(parse_mailboxes("<@relay,@other:a@x>"), (list{{"", "a@x"}}));
  EXPECT_EQ(parse_mailboxes("jörg@grün.example, a@[127.0.0.1]"),
            (list{{"", "jörg@grün.example"}, {"", "a@[127.0.0.1]"}}));
}

TEST(mail_address, refuses_what_is_none) {
  for (const std::string text : {"alice", "@x", "a@", "a b@x", "<a@x", "\"a@x", "(a@x", "a@x b@y",
                                 "<a@x> <b@y>", "a@x\rQUIT", "<a@x>\n<b@y>", "<a@x\r\nRCPT TO:<b@y>>",
                                 "a@x\r\nRCPT TO:<b@y>", "<a>@x", "\"a\r\nb\"@x", "<>", "a@x>"})
    EXPECT_THROW(static_cast<void>(parse_mailboxes(text)), ahoy::error) << text;
  EXPECT_THROW(static_cast<void>(ahoy::parse_mailbox("a@x, b@y")), ahoy::error);
  EXPECT_THROW(static_cast<void>(ahoy::parse_mailbox("")), ahoy::error);
}

TEST(mail_address, writes_what_it_reads) {
  for (const std::string name :
       {"", "Alice", "Last, First", "a \"b\" \\c", "Jörg", "=?utf-8?q?x?=", "a <b@c>", "x@y"}) {
    const list one{{name, "a@x"}};
    EXPECT_EQ(parse_mailboxes(to_header(one)), one) << to_header(one);
  }
  EXPECT_EQ(to_header(list{{"A", "a@x"}, {"", "b@y"}}), "A <a@x>,\r\n b@y");
  EXPECT_THROW(static_cast<void>((mailbox{"A\r\nBcc: c@z", "a@x"}.to_header())), ahoy::error);
}

}  // namespace
