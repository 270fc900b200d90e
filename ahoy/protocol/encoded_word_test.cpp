#include <ahoy/protocol/encoded_word.hpp>

#include <gtest/gtest.h>

namespace {

using ahoy::decode_words;
using ahoy::encode_words;

TEST(encoded_word, decodes_those_of_the_rfc) {
  // RFC 2047, section 8.
  EXPECT_EQ(decode_words("=?US-ASCII?Q?Keith_Moore?= <moore@cs.utk.edu>"), "Keith Moore <moore@cs.utk.edu>");
  EXPECT_EQ(decode_words("=?ISO-8859-1?Q?Andr=E9?= Pirard"), "André Pirard");
  EXPECT_EQ(decode_words("(=?ISO-8859-1?Q?a?= b)"), "(a b)");
  EXPECT_EQ(decode_words("=?ISO-8859-1?Q?a?=  \r\n =?ISO-8859-1?Q?b?="), "ab");
  EXPECT_EQ(decode_words("=?ISO-8859-1?Q?a_?= =?ISO-8859-2?B?Yg==?="), "a b");
  EXPECT_EQ(decode_words("=?utf-8*de?q?gr=C3=BCn?="), "grün");
}

TEST(encoded_word, joins_a_character_that_is_cut_between_two) {
  EXPECT_EQ(decode_words("=?utf-8?q?=C3?= =?utf-8?q?=A9?="), "é");
}

TEST(encoded_word, leaves_what_is_none_as_it_is) {
  for (const std::string text : {"", "a b", "=?", "=?x", "=?utf-8?Q?",
                                 "=?utf-8?Q?a b?=", "=?utf-8?X?a?=", "=??Q?a?=", "1 =? 2 ?=", "a\xff"})
    EXPECT_EQ(decode_words(text), text);
  EXPECT_EQ(decode_words("=?no-such?Q?a=FF?="), "a\xff");
  EXPECT_EQ(decode_words("=?utf-8?q?=4?="), "=4");
}

TEST(encoded_word, encodes_what_decodes_to_the_same) {
  std::string long_one;
  for (int i = 0; i < 100; ++i) long_one += i % 3 == 0 ? "äß€" : "x𝄞 ";
  for (const std::string& text :
       {std::string{"Grüße"}, std::string{"=?utf-8?q?not_meant?="}, long_one, std::string(2000, 'x')}) {
    const auto encoded = encode_words(text);
    EXPECT_EQ(decode_words(encoded), text);
    EXPECT_EQ(
        encoded.find_first_not_of("\r\n ?=+/ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-"),
        encoded.npos);
    for (std::size_t at = 0; at < encoded.size();
         at = encoded.find('\n', at) == encoded.npos ? encoded.size() : encoded.find('\n', at) + 1)
      EXPECT_LE(std::min(encoded.find('\r', at), encoded.size()) - at, 76U);
  }
  EXPECT_EQ(encode_words("plain"), "plain");
}

}  // namespace
