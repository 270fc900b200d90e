#include <ahoy/protocol/imap_data.hpp>

#include <gtest/gtest.h>

#include <string>

namespace {

using ahoy::imap_mailbox;
using numbers = std::vector<std::uint32_t>;

ahoy::imap_reply reply_of(std::string_view bytes) {
  return ahoy::parse_imap_reply(bytes).value_or(ahoy::imap_reply{});
}

std::optional<imap_mailbox> mailbox_of(std::string_view bytes, bool is_utf8 = false) {
  return ahoy::read_imap_mailbox(reply_of(bytes), is_utf8);
}

TEST(imap_data, mailboxes) {
  EXPECT_EQ(mailbox_of("* LIST (\\HasChildren \\Sent) \"/\" Gr&APwA3w-e"),
            (imap_mailbox{"Grüße", "/", {"\\HasChildren", "\\Sent"}}));
  EXPECT_EQ(mailbox_of("* LIST () NIL {3}\r\na\nb"), (imap_mailbox{"a\nb", "", {}}));
  EXPECT_EQ(mailbox_of("* LIST () \".\" NIL (\"CHILDINFO\" (\"SUBSCRIBED\"))"),
            (imap_mailbox{"NIL", ".", {}}));
  EXPECT_EQ(mailbox_of("* LIST () \".\" \"Gr\xc3\xbc&-\"", true)->name, "Gr\xc3\xbc&-");
  for (const char* each : {"* LIST", "* LIST () \".\"", "* LIST x \".\" a", "* LIST ((a)) \".\" a",
                           "* LIST () \"..\" a", "* LIST () \"\" a", "* LIST () . a", "* LIST () \".\" (a)",
                           "* 5 LIST () \".\" a", "* LSUB () \".\" a"})
    EXPECT_FALSE(mailbox_of(each)) << each;
}

TEST(imap_data, a_hierarchy_is_in_order) {
  std::vector<imap_mailbox> all{{"a-b", ".", {}}, {"b", ".", {}},       {"a.c", ".", {}},
                                {"a", ".", {}},   {"inbox.x", ".", {}}, {"INBOX", ".", {}}};
  ahoy::sort_by_hierarchy(all);
  std::string names;
  for (const auto& each : all) names += each.name + " ";
  EXPECT_EQ(names, "INBOX inbox.x a a.c a-b b ");
}

TEST(imap_data, a_selection) {
  ahoy::imap_selection there;
  for (const char* each : {"* 172 EXISTS", "* 1 RECENT", "* OK [UIDVALIDITY 3857529045] ok",
                           "* OK [UIDNEXT 4392] next", "* FLAGS (a)", "a1 OK [READ-ONLY] done"})
    ahoy::take_imap_selection(reply_of(each), there);
  EXPECT_EQ(there.messages, 172U);
  EXPECT_EQ(there.uid_validity, 3857529045U);
  EXPECT_EQ(there.uid_next, 4392U);
  EXPECT_TRUE(there.is_read_only);
}

TEST(imap_data, entries) {
  const std::string header =
      "Date: Mon, 23 Nov 2026 09:30:00 +0000\r\nSUBJECT: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\n "
      "=?utf-8?q?!?=\r\nFrom: A <a@b>\r\n\r\n";
  const std::string begun =
      "* 7 FETCH (UID 9 FLAGS (\\Seen x) INTERNALDATE \"17-Jul-2026 02:44:25 -0700\" RFC822.SIZE 4286 "
      "BODY[HEADER.FIELDS (DATE FROM SUBJECT)] ";
  const auto entry =
      ahoy::read_imap_entry(reply_of(begun + "{" + std::to_string(header.size()) + "}\r\n" + header + ")"));
  ASSERT_TRUE(entry);
  EXPECT_EQ(*entry, (ahoy::imap_entry{7,
                                      9,
                                      4286,
                                      {"\\Seen", "x"},
                                      "17-Jul-2026 02:44:25 -0700",
                                      "Mon, 23 Nov 2026 09:30:00 +0000",
                                      "A <a@b>",
                                      "Grüße!"}));
  EXPECT_TRUE(ahoy::read_imap_entry(reply_of(begun + "NIL)")));
  for (const char* each :
       {"* 7 FETCH (UID 9)", "* 7 FETCH (UID 0 FLAGS () INTERNALDATE \"\" RFC822.SIZE 1 BODY[] NIL)",
        "* 7 FETCH (UID 9 FLAGS () INTERNALDATE \"\" RFC822.SIZE -1 BODY[] NIL)",
        "* 7 FETCH (UID 9 FLAGS x INTERNALDATE \"\" RFC822.SIZE 1 BODY[] NIL)", "* 7 FETCH x",
        "* 7 FETCH (UID)", "* FETCH (UID 9 FLAGS () INTERNALDATE \"\" RFC822.SIZE 1 BODY[] NIL)",
        "* 0 FETCH (UID 9 FLAGS () INTERNALDATE \"\" RFC822.SIZE 1 BODY[] NIL)"})
    EXPECT_FALSE(ahoy::read_imap_entry(reply_of(each))) << each;
}

TEST(imap_data, content) {
  EXPECT_EQ(ahoy::read_imap_content(reply_of("* 1 FETCH (BODY[] \"\" UID 4)")), "");
  EXPECT_EQ(ahoy::read_imap_uid(reply_of("* 1 FETCH (BODY[] \"\" UID 4)")), 4U);
  EXPECT_FALSE(ahoy::read_imap_content(reply_of("* 1 FETCH (BODY[9] NIL UID 4)")));
  EXPECT_FALSE(ahoy::read_imap_uid(reply_of("* 1 FETCH (UID x)")));
}

TEST(imap_data, searches) {
  numbers found;
  EXPECT_TRUE(ahoy::take_imap_search(reply_of("* SEARCH 2 84 882 (MODSEQ 917162500)"), found));
  EXPECT_TRUE(ahoy::take_imap_search(reply_of("* SEARCH"), found));
  EXPECT_EQ(found, (numbers{2, 84, 882}));
  for (const char* each : {"* SEARCH x", "* SEARCH 0", "* SEARCH 4294967296", "* SEARCH -1", "* 5 SEARCH",
                           "* SORT 1", "* SEARCH NIL"})
    EXPECT_FALSE(ahoy::take_imap_search(reply_of(each), found)) << each;
}

TEST(imap_data, capabilities) {
  ahoy::imap_capabilities can;
  can.take(reply_of("* CAPABILITY IMAP4rev1 UidPlus LITERAL+"));
  EXPECT_TRUE(can.has("UIDPLUS"));
  EXPECT_FALSE(can.has("MOVE"));
  can.take(reply_of("a1 OK [CAPABILITY IMAP4rev2 MOVE] in"));
  EXPECT_TRUE(can.has("MOVE"));
  EXPECT_FALSE(can.has("UIDPLUS"));
  can.take(reply_of("a1 OK in"));
  EXPECT_TRUE(can.has("IMAP4REV2"));
}

TEST(imap_data, sets) {
  numbers all{1, 2, 3, 5, 7, 8, 4294967295};
  EXPECT_EQ(ahoy::take_imap_set(all, 5), "1:3,5,7");
  EXPECT_EQ(ahoy::take_imap_set(all), "8,4294967295");
  EXPECT_EQ(ahoy::take_imap_set(all), "");
  numbers even;
  for (std::uint32_t each = 0; each < 10'000; ++each) even.push_back(4'000'000'000U + 2 * each);
  std::size_t sets = 0;
  for (std::string set = ahoy::take_imap_set(even); !set.empty(); set = ahoy::take_imap_set(even), ++sets)
    EXPECT_LT(set.size(), 8000U);
  EXPECT_GT(sets, 10U);
}

TEST(imap_data, quotes) {
  EXPECT_EQ(ahoy::imap_quoted("a \"b\\"), "\"a \\\"b\\\\\"");
  EXPECT_TRUE(ahoy::is_imap_quotable("a \"b\\"));
  for (const std::string& each : {std::string{"ü"}, std::string{"\t"}, std::string(2000, 'x')})
    EXPECT_FALSE(ahoy::is_imap_quotable(each)) << each;
}

}  // namespace
