#include <ahoy/protocol/netrc.hpp>

#include <gtest/gtest.h>

#include <string>

namespace {

std::string known(std::string_view text, std::string_view host, std::string_view user = "") {
  const auto found = ahoy::netrc_entry(text, host, user);
  return found ? found->user + "/" + found->password : "none";
}

TEST(netrc, finds_the_entry_of_a_host) {
  constexpr std::string_view text =
      "# who I am\n"
      "machine one login alice password a1\n"
      "machine two\n\tlogin bob\n\taccount x\n\tpassword b2\n"
      "machine two login carol password c3\n"
      "default login anonymous password me@here\n";
  EXPECT_EQ(known(text, "one"), "alice/a1");
  EXPECT_EQ(known(text, "ONE"), "alice/a1");
  EXPECT_EQ(known(text, "two"), "bob/b2");
  EXPECT_EQ(known(text, "two", "carol"), "carol/c3");
  EXPECT_EQ(known(text, "elsewhere"), "anonymous/me@here");
  EXPECT_EQ(known(text, "one", "mallory"), "none");
}

TEST(netrc, reads_words_as_they_may_be_written) {
  EXPECT_EQ(known("machine h login \"a b\" password \"c\\\"d\\\\\"", "h"), "a b/c\"d\\");
  EXPECT_EQ(known("machine h # a comment\nlogin alice password x", "h"), "alice/x");
  EXPECT_EQ(known("machine h macdef init\ncd /x\nmachine z\n\nlogin a password b", "h"), "a/b");
  EXPECT_EQ(known("machine h password p", "h", "alice"), "none") << "it is of another user, or of none";
}

TEST(netrc, passes_over_what_is_cut_off) {
  for (const char* text :
       {"", "machine", "machine h", "machine h login", "machine h login a", "machine h login a password",
        "machine h macdef", "machine h login \"a", "#", "\"", "default", "machine h password \""})
    EXPECT_EQ(known(text, "h"), "none") << text;
}

TEST(netrc, a_value_may_begin_like_a_comment) {
  const std::string text =
      "machine a login alice password #one\n# machine c\nmachine b login bob password two # three\n";
  const auto first = ahoy::netrc_entry(text, "a", "");
  ASSERT_TRUE(first);
  EXPECT_EQ(first->user, "alice");
  EXPECT_EQ(first->password, "#one");
  const auto second = ahoy::netrc_entry(text, "b", "");
  ASSERT_TRUE(second);
  EXPECT_EQ(second->password, "two");
  EXPECT_FALSE(ahoy::netrc_entry(text, "c", ""));
}

}  // namespace
