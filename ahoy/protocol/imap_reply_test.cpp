#include <ahoy/protocol/imap_reply.hpp>

#include <gtest/gtest.h>

#include <string>

namespace {

using ahoy::imap_reply;
using ahoy::imap_value;
using ahoy::parse_imap_reply;

/// A value as one could write it: NIL, ATOM, "string", (list).
std::string show(const imap_value& value) {
  if (value.what == imap_value::kind::nil) return "NIL";
  if (value.what == imap_value::kind::atom) return value.text;
  if (value.what == imap_value::kind::string) return "\"" + value.text + "\"";
  std::string all = "(";
  for (const auto& each : value.items) all += (all.size() > 1 ? " " : "") + show(each);
  return all + ")";
}

std::string shown(std::string_view bytes) {
  const auto reply = parse_imap_reply(bytes);
  if (!reply) return "none";
  std::string all = reply->name;
  for (const auto& each : reply->values) all += " " + show(each);
  return all;
}

TEST(imap_reply, a_status) {
  const auto reply = parse_imap_reply("a1 ok [APPENDUID 38505 3955] APPEND [done]");
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->what, imap_reply::kind::tagged);
  EXPECT_EQ(reply->tag, "a1");
  EXPECT_EQ(reply->name, "OK");
  EXPECT_EQ(reply->text, "APPEND [done]");
  EXPECT_TRUE(reply->is_status());
  EXPECT_EQ(reply->numbers_of("APPENDUID"), (std::vector<std::uint32_t>{38505, 3955}));
  EXPECT_TRUE(reply->numbers_of("UIDNEXT").empty());
  EXPECT_EQ(reply->said(), "OK [APPENDUID 38505 3955] APPEND [done]");
  EXPECT_EQ(parse_imap_reply("* BYE")->name, "BYE");
  EXPECT_TRUE(parse_imap_reply("* NO [nonexistent] x")->has_code("NONEXISTENT"));
  EXPECT_TRUE(parse_imap_reply("* OK [UIDNEXT x] x")->numbers_of("UIDNEXT").empty());
  EXPECT_EQ(parse_imap_reply("+ go on")->text, "go on");
  EXPECT_EQ(parse_imap_reply("+")->what, imap_reply::kind::go_on);
}

TEST(imap_reply, data) {
  EXPECT_EQ(parse_imap_reply("* 4294967295 EXISTS")->number, 4294967295U);
  EXPECT_EQ(shown("* search 2 84 882"), "SEARCH 2 84 882");
  EXPECT_EQ(shown("* LIST (\\Noselect) \"/\" \"a \\\"b\\\\\""), "LIST (\\Noselect) \"/\" \"a \"b\\\"");
  EXPECT_EQ(shown("* LIST () nil {3}\r\na(\""), "LIST () NIL \"a(\"\"");
  EXPECT_EQ(shown("* FLAGS (\\Seen $x[y \\*)"), "FLAGS (\\Seen $x[y \\*)");
  EXPECT_EQ(shown("* 1 FETCH (UID 5 BODY[HEADER.FIELDS (\"a]b\" DATE)]<0> {5}\r\nhel)o FLAGS ())"),
            "FETCH (UID 5 BODY[HEADER.FIELDS (\"a]b\" DATE)]<0> \"hel)o\" FLAGS ())");
  EXPECT_EQ(shown("* 1 FETCH (ENVELOPE ((NIL NIL \"a\" \"b\")(NIL NIL \"c\" \"d\")))"),
            "FETCH (ENVELOPE ((NIL NIL \"a\" \"b\") (NIL NIL \"c\" \"d\")))");
  EXPECT_EQ(shown("* 1 FETCH (BINARY[1] ~{2}\r\n\x01\x02)"), "FETCH (BINARY[1] \"\x01\x02\")");
  EXPECT_EQ(shown("* SEARCH"), "SEARCH");
}

TEST(imap_reply, is_nothing_else) {
  for (const char* each : {"",
                           " ",
                           "*",
                           "* ",
                           "a1",
                           "a1 ",
                           "a1 FETCH",
                           "a1 BYE x",
                           "* 5 OK x",
                           "* OK [x",
                           "* (",
                           "* X (",
                           "* X )",
                           "* X \"a",
                           "* X \"a\\",
                           "* X {5}",
                           "* X {5}\r\nabcd",
                           "* X {x}\r\n",
                           "* X {-1}\r\n",
                           "* X {}\r\n",
                           "* X {18446744073709551616}\r\nx",
                           "* X {5",
                           "* X a\tb",
                           "* X \x1b",
                           "* 1 FETCH (BODY[",
                           "* 1 FETCH (BODY[\"])",
                           "* 5",
                           "(a OK x",
                           "* \"OK\" x"})
    EXPECT_EQ(shown(each), "none") << each;
  EXPECT_EQ(shown({"* X \"a\0b\"", 9}), "none");
  EXPECT_EQ(shown("220 ready"), "none");
  EXPECT_EQ(shown("* 4294967296 EXISTS"),
            "4294967296 EXISTS");  // no number, so the name of something unknown
}

TEST(imap_reply, is_bounded) {
  const auto nested = [](std::size_t depth) {
    return "* X " + std::string(depth, '(') + std::string(depth, ')');
  };
  EXPECT_TRUE(parse_imap_reply(nested(ahoy::deepest_imap_list)));
  EXPECT_FALSE(parse_imap_reply(nested(ahoy::deepest_imap_list + 1)));
  EXPECT_FALSE(parse_imap_reply("* X " + std::string(1'000'000, '(')));
  std::string many = "* X";
  for (std::size_t at = 0; at < ahoy::most_imap_values; ++at) many += " a";
  EXPECT_TRUE(parse_imap_reply(many));
  EXPECT_FALSE(parse_imap_reply(many + " a"));
}

TEST(imap_reply, finds_a_literal) {
  const auto found = ahoy::find_imap_literal("* 1 FETCH (BODY[] {310}");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->begin, 18U);
  EXPECT_EQ(found->size, 310U);
  EXPECT_EQ(ahoy::find_imap_literal("* 1 FETCH (BINARY[] ~{7}")->begin, 20U);
  EXPECT_EQ(ahoy::find_imap_literal("* LIST () NIL {99999999999999}")->size, 99999999999999U);
  for (const char* each :
       {"", "}", "{5}", "* OK {5}", "* no [x] {5}", "a1 OK {5}", "+ {5}", "* X {5} ", "* X {x}", "* X 5}",
        "* X {}", "* X {18446744073709551616}", "* X {+5}", "* X {-5}"})
    EXPECT_FALSE(ahoy::find_imap_literal(each)) << each;
}

TEST(imap_reply, knows_where_content_begins) {
  for (const char* each : {"* 1 FETCH (BODY[] ", "* 1 fetch (UID 5 body[1.2.HEADER] ",
                           "* 1 FETCH (FLAGS (a b) BODY[]<0> ", "* 1 FETCH (BINARY[1] "})
    EXPECT_TRUE(ahoy::awaits_imap_content(each)) << each;
  for (const char* each :
       {"* 1 FETCH (", "* 1 FETCH (UID ", "* 1 FETCH (BODY[] x ", "* LIST (BODY[] ", "* 1 FETCH ((BODY[] ",
        "* 1 FETCH (BODYSTRUCTURE ", "", "* 1 FETCH (BODY[] {3}\r\nabc "})
    EXPECT_FALSE(ahoy::awaits_imap_content(each)) << each;
}

}  // namespace
