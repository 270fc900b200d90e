#include <ahoy/address/network.hpp>
#include <ahoy/error/error.hpp>

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/un.h>

namespace {

using ahoy::errc;
using ahoy::network;

bool contains(std::string_view text, const char* host) {
  sockaddr_in inet{};
  sockaddr_in6 inet6{};
  inet.sin_family = AF_INET;
  inet6.sin6_family = AF_INET6;
  if (inet_pton(AF_INET, host, &inet.sin_addr) == 1)
    return network::parse(text).contains(reinterpret_cast<const sockaddr&>(inet));
  EXPECT_EQ(inet_pton(AF_INET6, host, &inet6.sin6_addr), 1) << host;
  return network::parse(text).contains(reinterpret_cast<const sockaddr&>(inet6));
}

std::error_code cause_of(std::string_view text) {
  try {
    static_cast<void>(network::parse(text));
  } catch (const ahoy::error& failure) {
    return failure.code();
  }
  return {};
}

TEST(network, contains_what_shares_its_prefix) {
  EXPECT_TRUE(contains("10.0.0.0/8", "10.255.255.255"));
  EXPECT_TRUE(contains("10.0.0.0/8", "10.0.0.0"));
  EXPECT_FALSE(contains("10.0.0.0/8", "11.0.0.0"));
  EXPECT_FALSE(contains("10.0.0.0/8", "9.255.255.255"));
  EXPECT_TRUE(contains("192.168.4.0/22", "192.168.7.255"));
  EXPECT_FALSE(contains("192.168.4.0/22", "192.168.8.0"));
  EXPECT_TRUE(contains("192.0.2.128/25", "192.0.2.128"));
  EXPECT_FALSE(contains("192.0.2.128/25", "192.0.2.127"));
  EXPECT_TRUE(contains("2001:db8::/33", "2001:db8:7fff::1"));
  EXPECT_FALSE(contains("2001:db8::/33", "2001:db8:8000::1"));
}

TEST(network, of_a_bare_address_is_that_host) {
  EXPECT_TRUE(contains("127.0.0.1", "127.0.0.1"));
  EXPECT_FALSE(contains("127.0.0.1", "127.0.0.2"));
  EXPECT_TRUE(contains("::1", "::1"));
  EXPECT_FALSE(contains("::1", "::2"));
  EXPECT_EQ(network::parse("::1"), network::parse("::1/128"));
}

TEST(network, of_no_bits_is_a_whole_family) {
  EXPECT_TRUE(contains("0.0.0.0/0", "255.1.2.3"));
  EXPECT_TRUE(contains("::/0", "2001:db8::1"));
  EXPECT_FALSE(contains("0.0.0.0/0", "2001:db8::1"));
  EXPECT_FALSE(contains("::/0", "10.0.0.1"));
}

TEST(network, takes_a_mapped_peer_for_an_inet_host) {
  EXPECT_TRUE(contains("10.0.0.0/8", "::ffff:10.1.2.3"));
  EXPECT_FALSE(contains("10.0.0.0/8", "::ffff:11.1.2.3"));
  EXPECT_FALSE(contains("::/0", "::ffff:10.1.2.3"));
  EXPECT_FALSE(contains("10.0.0.0/8", "::10.1.2.3"));
}

TEST(network, that_is_mapped_is_an_inet_network) {
  EXPECT_EQ(network::parse("::ffff:10.0.0.0/104"), network::parse("10.0.0.0/8"));
  EXPECT_EQ(network::parse("::ffff:10.0.0.1"), network::parse("10.0.0.1"));
  EXPECT_EQ(network::parse("::ffff:0:0/96").to_string(), "0.0.0.0/0");
  EXPECT_EQ(network::parse("::ffff:0:0/95").to_string(), "::fffe:0:0/95");
}

TEST(network, contains_no_other_family) {
  sockaddr_un local{};
  local.sun_family = AF_UNIX;
  for (auto text : {"0.0.0.0/0", "::/0"})
    EXPECT_FALSE(network::parse(text).contains(reinterpret_cast<const sockaddr&>(local))) << text;
}

TEST(network, prints_its_first_host_and_prefix) {
  EXPECT_EQ(network::parse("127.0.0.1/8").to_string(), "127.0.0.0/8");
  EXPECT_EQ(network::parse("127.0.0.1").to_string(), "127.0.0.1/32");
  EXPECT_EQ(network::parse("2001:DB8:0::1/32").to_string(), "2001:db8::/32");
  EXPECT_EQ(network::parse("1::2:1.2.3.4/128").to_string(), "1::2:102:304/128");
}

TEST(network, refuses_what_is_none) {
  for (auto text : {"",
                    "/",
                    "/8",
                    "10.0.0.0/",
                    "10.0.0.0/ 8",
                    "10.0.0.0/8 ",
                    " 10.0.0.0/8",
                    "10.0.0.0/+8",
                    "10.0.0.0/-1",
                    "10.0.0.0/8/8",
                    "10/8",
                    "10.0.0/8",
                    "010.0.0.0/8",
                    "10.0.0.256",
                    "localhost",
                    "localhost/8",
                    "[::1]",
                    "fe80::1%lo",
                    "10.0.0.0/255.0.0.0",
                    "::1::",
                    "0x7f000001",
                    "2130706433",
                    "10.0.0.0/0x8"})
    EXPECT_EQ(cause_of(text), errc::malformed) << text;
  EXPECT_EQ(cause_of(std::string_view("10.0.0.1\0/8", 11)), errc::malformed);
}

TEST(network, refuses_more_bits_than_there_are) {
  EXPECT_EQ(cause_of("10.0.0.0/32"), std::error_code());
  EXPECT_EQ(cause_of("::/128"), std::error_code());
  for (auto text : {"10.0.0.0/33", "::/129", "10.0.0.0/4294967296", "10.0.0.0/99999999999999999999"})
    EXPECT_EQ(cause_of(text), errc::out_of_range) << text;
}

}  // namespace
