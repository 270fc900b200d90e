#include <ahoy/server/admission.hpp>

#include <arpa/inet.h>
#include <gtest/gtest.h>

namespace {

using namespace std::chrono_literals;
using ahoy::address;
using ahoy::address_group;
using ahoy::admission;
using verdict = ahoy::admission::verdict;

constexpr ahoy::time_point start{1000h};

address inet6(const char* text) {
  in6_addr host{};
  ::inet_pton(AF_INET6, text, &host);
  return address::inet6(host, 40000);
}

address inet(std::uint32_t host, std::uint16_t port = 40000) { return address::inet(host, port); }

bool are_one(const address& left, const address& right) {
  return address_group::of(left) == address_group::of(right);
}

TEST(address_group, an_inet_host_is_one_whatever_its_port) {
  EXPECT_TRUE(are_one(inet(0x7f000001, 1), inet(0x7f000001, 2)));
  EXPECT_FALSE(are_one(inet(0x7f000001), inet(0x7f000002)));
  EXPECT_TRUE(are_one(inet(0x7f000001), inet6("::ffff:127.0.0.1"))) << "a mapped one is the same host";
}

TEST(address_group, of_inet6_it_is_the_network) {
  EXPECT_TRUE(are_one(inet6("2001:db8:0:1::1"), inet6("2001:db8:0:1:ffff::9")));
  EXPECT_FALSE(are_one(inet6("2001:db8:0:1::1"), inet6("2001:db8:0:2::1")));
}

TEST(address_group, a_link_or_a_translator_is_not_one_caller) {
  EXPECT_FALSE(are_one(inet6("fe80::1"), inet6("fe80::2")));
  EXPECT_FALSE(are_one(inet6("64:ff9b::10.0.0.1"), inet6("64:ff9b::10.0.0.2")));
  EXPECT_TRUE(are_one(inet6("64:ff9b:1::1"), inet6("64:ff9b:1::2"))) << "another prefix";
}

TEST(address_group, a_unix_socket_has_none) {
  EXPECT_EQ(address_group::of(address::local("/tmp/x")), std::nullopt);
  EXPECT_EQ(address_group::of(address{}), std::nullopt);
}

TEST(admission, without_limits_it_keeps_nobody) {
  admission all{{}};
  EXPECT_FALSE(all.is_limited());
  for (int i = 0; i < 1000; ++i) EXPECT_EQ(all.admit(inet(1), start), verdict::welcome);
  EXPECT_EQ(all.size(), 0U);
}

TEST(admission, so_many_of_an_address_are_here_at_once) {
  admission two{{.at_once = 2}};
  EXPECT_EQ(two.admit(inet(1), start), verdict::welcome);
  EXPECT_EQ(two.admit(inet(1), start), verdict::welcome);
  EXPECT_EQ(two.admit(inet(1), start), verdict::too_many);
  EXPECT_EQ(two.admit(inet(2), start), verdict::welcome) << "another address";
  two.leave(inet(1), start);
  EXPECT_EQ(two.admit(inet(1), start), verdict::welcome);
  EXPECT_EQ(two.admit(inet(1), start), verdict::too_many);
}

TEST(admission, one_who_takes_anothers_place_counts) {
  admission one{{.at_once = 1}};
  EXPECT_EQ(one.admit(inet(1), start), verdict::welcome);
  one.admit_in_place_of_another(inet(1), start);
  one.leave(inet(1), start);
  EXPECT_EQ(one.admit(inet(1), start), verdict::too_many) << "the newer one is here";
  one.leave(inet(1), start);
  EXPECT_EQ(one.admit(inet(1), start), verdict::welcome);
}

TEST(admission, who_was_never_counted_in_leaves_nothing) {
  admission one{{.at_once = 1}};
  one.leave(inet(1), start);
  EXPECT_EQ(one.admit(inet(1), start), verdict::welcome);
  one.leave(inet(1), start);
  one.leave(inet(1), start);
  EXPECT_EQ(one.admit(inet(1), start), verdict::welcome);
  EXPECT_EQ(one.admit(inet(1), start), verdict::too_many);
}

int welcome_of(admission& by, int many, ahoy::time_point now) {
  int welcome = 0;
  for (int i = 0; i < many; ++i) welcome += by.admit(inet(1), now) == verdict::welcome ? 1 : 0;
  return welcome;
}

TEST(admission, after_a_burst_so_many_a_second) {
  admission by{{.per_second = 4, .burst = 6}};
  EXPECT_EQ(welcome_of(by, 100, start), 6);
  EXPECT_EQ(by.admit(inet(1), start), verdict::too_often);
  EXPECT_EQ(by.admit(inet(2), start), verdict::welcome) << "another address";
  EXPECT_EQ(welcome_of(by, 100, start + 249ms), 0);
  EXPECT_EQ(welcome_of(by, 100, start + 250ms), 1);
  EXPECT_EQ(welcome_of(by, 100, start + 1250ms), 4);
  EXPECT_EQ(welcome_of(by, 100, start + 100s), 6) << "a full bucket holds a burst and no more";
}

TEST(admission, the_burst_is_ten_times_the_rate_where_none_is_named) {
  admission by{{.per_second = 3}};
  EXPECT_EQ(welcome_of(by, 100, start), 30);
}

TEST(admission, a_caller_that_leaves_does_not_get_its_token_back) {
  admission by{{.per_second = 1, .burst = 1}};
  EXPECT_EQ(by.admit(inet(1), start), verdict::welcome);
  by.leave(inet(1), start);
  EXPECT_EQ(by.admit(inet(1), start), verdict::too_often);
  EXPECT_EQ(by.admit(inet(1), start + 1s), verdict::welcome);
}

TEST(admission, who_has_a_full_bucket_again_is_not_kept) {
  admission by{{.at_once = 5, .per_second = 1}};
  EXPECT_EQ(by.admit(inet(1), start), verdict::welcome);
  by.leave(inet(1), start + 10s);
  EXPECT_EQ(by.size(), 0U);
}

TEST(admission, it_does_not_grow_with_the_addresses_that_are_forged) {
  admission by{{.at_once = 1, .per_second = 1, .burst = 1}, 100};
  EXPECT_EQ(by.admit(inet(7), start), verdict::welcome);  // and stays
  for (std::uint32_t host = 1000; host < 11000; ++host) {
    EXPECT_EQ(by.admit(inet(host), start), verdict::welcome);
    by.leave(inet(host), start);
  }
  EXPECT_EQ(by.size(), 101U);
  EXPECT_EQ(by.admit(inet(7), start + 1s), verdict::too_many) << "who is here is never forgotten";
  EXPECT_EQ(by.admit(inet(10999), start), verdict::too_often) << "seen last";
  EXPECT_EQ(by.admit(inet(1000), start), verdict::welcome) << "seen longest ago, and forgotten";
}

TEST(admission, nor_with_those_who_are_refused) {
  admission by{{.at_once = 1, .per_second = 1, .burst = 1}, 100};
  for (std::uint32_t host = 1000; host < 2000; ++host) {
    EXPECT_EQ(by.admit(inet(host), start), verdict::welcome);
    EXPECT_EQ(by.admit(inet(host), start), verdict::too_often);
    by.leave(inet(host), start);
  }
  EXPECT_EQ(by.size(), 100U);
}

}  // namespace
