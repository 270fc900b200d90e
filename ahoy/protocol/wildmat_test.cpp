#include <ahoy/protocol/wildmat.hpp>

#include <gtest/gtest.h>

#include <string>

namespace {

using ahoy::is_wildmat;
using ahoy::matches_wildmat;

TEST(wildmat, is_told_from_a_name) {
  EXPECT_FALSE(is_wildmat("comp.lang.c++"));
  for (const char* each : {"comp.*", "comp.?", "a,b", "!a", "[ab]"}) EXPECT_TRUE(is_wildmat(each)) << each;
}

TEST(wildmat, may_be_beyond_us) {
  EXPECT_FALSE(ahoy::is_beyond_wildmat("comp.*,!a?"));
  EXPECT_TRUE(ahoy::is_beyond_wildmat("comp.[ab]"));
  EXPECT_TRUE(ahoy::is_beyond_wildmat("comp.\\*"));
}

TEST(wildmat, has_stars_and_question_marks) {
  EXPECT_TRUE(matches_wildmat("*", ""));
  EXPECT_TRUE(matches_wildmat("*", "comp.lang.c++"));
  EXPECT_TRUE(matches_wildmat("comp.*.c++", "comp.lang.c++"));
  EXPECT_TRUE(matches_wildmat("*c*n*g*", "comp.lang"));
  EXPECT_TRUE(matches_wildmat("comp.?ang", "comp.lang"));
  EXPECT_FALSE(matches_wildmat("comp.?", "comp."));
  EXPECT_FALSE(matches_wildmat("comp", "comp.lang"));
  EXPECT_FALSE(matches_wildmat("comp.lang", "comp"));
  EXPECT_FALSE(matches_wildmat("*ab", "abc"));
  EXPECT_FALSE(matches_wildmat("", "a"));
}

TEST(wildmat, lets_the_last_pattern_decide_that_matches) {  // RFC 3977, section 4.4
  const char* const pattern = "a*,!*b,*c*";
  EXPECT_TRUE(matches_wildmat(pattern, "aaa"));
  EXPECT_FALSE(matches_wildmat(pattern, "abb"));
  EXPECT_TRUE(matches_wildmat(pattern, "ccb"));
  EXPECT_FALSE(matches_wildmat(pattern, "xxx"));
  EXPECT_FALSE(matches_wildmat("!comp.*", "comp.lang")) << "nothing was meant before";
}

TEST(wildmat, counts_characters_of_utf_8) {
  EXPECT_TRUE(matches_wildmat("gr?n", "grün"));
  EXPECT_FALSE(matches_wildmat("gr??n", "grün"));
  EXPECT_TRUE(matches_wildmat("?", "\xf0\x9f\x98\x80"));
  EXPECT_TRUE(matches_wildmat("a?b",
                              "a\xff"
                              "b"))
      << "a byte that is no character is one";
}

TEST(wildmat, takes_no_longer_for_a_hostile_pattern) {
  std::string pattern;
  for (int i = 0; i < 200; ++i) pattern += "*a";
  EXPECT_FALSE(matches_wildmat(pattern + "b", std::string(10'000, 'a')));
}

}  // namespace
