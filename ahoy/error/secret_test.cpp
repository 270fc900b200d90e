#include <ahoy/error/secret.hpp>

#include <gtest/gtest.h>

#include <string>

namespace {

using ahoy::without_password;
using ahoy::without_token;

TEST(secret, the_password_of_a_url_is_not_shown) {
  EXPECT_EQ(without_password("https://bob:s3cr3t@h/a"), "https://bob:***@h/a");
  EXPECT_EQ(without_password("https:/bob:s3cr3t@h/a"), "https:/bob:***@h/a");
  EXPECT_EQ(without_password("https:bob:s3cr3t@h/a"), "https:***@h/a");
  EXPECT_EQ(without_password("https:///bob:s3cr3t@h"), "https:///bob:***@h");
  EXPECT_EQ(without_password("bob:s3cr3t@h:1"), "bob:***@h:1");
  EXPECT_EQ(without_password("ftp://bob:s3:cr@3t@h"), "ftp://bob:***@h");
}

TEST(secret, what_has_none_is_shown_as_it_is) {
  for (const std::string word : {"", ":", "://", "@", "localhost", "localhost:23456", "[::1]:80", "tcp://h:1",
                                 "https://bob@h/", "https://h/a:b@c", "https://h?a:b@c", "https://:@h"})
    EXPECT_EQ(without_password(word), word);
  EXPECT_TRUE(ahoy::password_in("https://bob:@h").empty());
}

TEST(secret, of_what_may_be_a_token_the_beginning_is_shown) {
  EXPECT_EQ(without_token("0123456789abcdef"), "0123...");
  EXPECT_EQ(without_token("0123456789abcde"), "0123456789abcde");
  EXPECT_EQ(without_token("2001:db8:0:0:0:0:0:0/129"), "2001:db8:0:0:0:0:0:0/129");
  EXPECT_EQ(without_token("10.0.0.0/8 192.0.2.1"), "10.0.0.0/8 192.0.2.1");
}

}  // namespace
