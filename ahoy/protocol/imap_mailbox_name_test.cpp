#include <ahoy/error/error.hpp>
#include <ahoy/protocol/imap_mailbox_name.hpp>

#include <gtest/gtest.h>

#include <string>

namespace {

TEST(imap_mailbox_name, both_ways) {
  struct row {
    const char* name;
    const char* wire;
  };
  // The third is the example of RFC 3501, section 5.1.3.
  for (const row& each :
       {row{"INBOX", "INBOX"}, row{"", ""}, row{"~peter/mail/台北/日本語", "~peter/mail/&U,BTFw-/&ZeVnLIqe-"},
        row{"Grüße", "Gr&APwA3w-e"}, row{"a & b", "a &- b"}, row{"&&", "&-&-"}, row{"ü&ü", "&APw-&-&APw-"},
        row{"💥", "&2D3cpQ-"}, row{"a-ü-b", "a-&APw--b"}, row{"\x7f", "&AH8-"}}) {
    EXPECT_EQ(ahoy::to_modified_utf7(each.name), each.wire);
    EXPECT_EQ(ahoy::from_modified_utf7(each.wire), each.name);
  }
}

TEST(imap_mailbox_name, what_is_no_modified_utf7_stays) {
  for (const char* each : {"&", "a&b", "&APw", "&AP-", "&*-", "&2D0-", "&3KU-", "&AGE-", "&APw=-",
                           "Gr\xc3\xbc", "\xff", "&2D0AYQ-", "&AP w-"})
    EXPECT_EQ(ahoy::from_modified_utf7(each), each);
}

TEST(imap_mailbox_name, is_checked) {
  for (const char* each : {"INBOX", "a b", "Grüße/x", "\"\\*%", "../../x"})
    EXPECT_NO_THROW(ahoy::check_mailbox_name(each)) << each;
  for (const std::string& each : {std::string{}, std::string{"a\r\nb"}, std::string{"a\0b", 3},
                                  std::string{"\x7f"}, std::string{"\xff"}, std::string(5000, 'x')})
    EXPECT_THROW(ahoy::check_mailbox_name(each), ahoy::error) << each;
}

}  // namespace
