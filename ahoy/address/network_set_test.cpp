#include <ahoy/address/network_set.hpp>

#include <arpa/inet.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <random>
#include <string>
#include <vector>

namespace {

using ahoy::network;
using ahoy::network_set;

/// Either family's host.
union peer {
  sockaddr any;
  sockaddr_in inet;
  sockaddr_in6 inet6;
};

peer inet(std::uint32_t host) {
  peer made{};
  made.inet.sin_family = AF_INET;
  made.inet.sin_addr.s_addr = htonl(host);
  return made;
}

peer inet6(const std::array<std::uint8_t, 16>& host) {
  peer made{};
  made.inet6.sin6_family = AF_INET6;
  std::memcpy(&made.inet6.sin6_addr, host.data(), host.size());
  return made;
}

peer inet6(const char* text) {
  std::array<std::uint8_t, 16> host{};
  EXPECT_EQ(inet_pton(AF_INET6, text, host.data()), 1) << text;
  return inet6(host);
}

std::string text_of(const peer& who) {
  char text[INET6_ADDRSTRLEN];
  if (who.any.sa_family == AF_INET) return inet_ntop(AF_INET, &who.inet.sin_addr, text, sizeof text);
  return inet_ntop(AF_INET6, &who.inet6.sin6_addr, text, sizeof text);
}

/// What the set has to say: each network is asked.
bool is_in_any(const std::vector<network>& all, const peer& who) {
  return std::ranges::any_of(all, [&](const network& each) { return each.contains(who.any); });
}

/// Hosts and networks out of a small space, so that they meet: few bits of an address are set, near its ends
/// and where its halves and bytes meet.
class random_hosts {
 public:
  std::uint32_t inet_host() { return static_cast<std::uint32_t>(0x0a000000U ^ bits(4, 32)); }
  std::array<std::uint8_t, 16> inet6_host() {
    std::array<std::uint8_t, 16> host{0x20, 0x01, 0x0d, 0xb8};
    for (const std::size_t byte : {0U, 3U, 7U, 8U, 15U})
      if (below(3) == 0) host[byte] = static_cast<std::uint8_t>(host[byte] ^ bits(2, 8));
    return host;
  }
  network inet_network() {
    return network::parse(fmt::format("{}/{}", text_of(inet(inet_host())), below(33)));
  }
  network inet6_network() {
    return network::parse(fmt::format("{}/{}", text_of(inet6(inet6_host())), below(129)));
  }
  std::size_t below(std::size_t end) { return source_() % end; }

 private:
  std::uint64_t bits(std::size_t most, std::size_t width) {
    std::uint64_t some = 0;
    for (std::size_t i = below(most + 1); i > 0; --i) some ^= std::uint64_t{1} << below(width);
    return some;
  }
  std::mt19937 source_{4632};
};

/// It, and those beside it.
std::vector<peer> around(std::uint32_t host) { return {inet(host), inet(host - 1), inet(host + 1)}; }

TEST(network_set, says_of_inet_hosts_what_each_network_says) {
  random_hosts random;
  for (int round = 0; round < 2000; ++round) {
    std::vector<network> all;
    for (std::size_t i = random.below(12); i > 0; --i) all.push_back(random.inet_network());
    const network_set set{all};
    for (int i = 0; i < 20; ++i)
      for (const peer& who : around(random.inet_host()))
        ASSERT_EQ(set.contains(who.any), is_in_any(all, who)) << text_of(who) << " in round " << round;
  }
}

TEST(network_set, says_of_inet6_hosts_what_each_network_says) {
  random_hosts random;
  for (int round = 0; round < 2000; ++round) {
    std::vector<network> all;
    for (std::size_t i = random.below(12); i > 0; --i) all.push_back(random.inet6_network());
    all.push_back(random.inet_network());
    const network_set set{all};
    for (int i = 0; i < 40; ++i) {
      const peer who = inet6(random.inet6_host());
      ASSERT_EQ(set.contains(who.any), is_in_any(all, who)) << text_of(who) << " in round " << round;
    }
  }
}

TEST(network_set, has_its_networks_from_their_first_host_to_their_last) {
  const network_set set{std::vector{network::parse("10.1.0.0/16"), network::parse("0.0.0.0/8"),
                                    network::parse("255.255.255.255"), network::parse("2001:db8::/63"),
                                    network::parse("2001:db9::/65")}};
  for (const std::uint32_t in : {0x0a010000U, 0x0a01ffffU, 0U, 0x00ffffffU, 0xffffffffU})
    EXPECT_TRUE(set.contains(inet(in).any)) << text_of(inet(in));
  for (const std::uint32_t out : {0x0a00ffffU, 0x0a020000U, 0x01000000U, 0xfffffffeU})
    EXPECT_FALSE(set.contains(inet(out).any)) << text_of(inet(out));
  for (const char* in :
       {"2001:db8::", "2001:db8:0:1:ffff:ffff:ffff:ffff", "2001:db9::", "2001:db9::7fff:ffff:ffff:ffff"})
    EXPECT_TRUE(set.contains(inet6(in).any)) << in;
  for (const char* out : {"2001:db7:ffff:ffff:ffff:ffff:ffff:ffff", "2001:db8:0:2::", "2001:db9::8000:0:0:0"})
    EXPECT_FALSE(set.contains(inet6(out).any)) << out;
}

TEST(network_set, takes_a_mapped_peer_for_an_inet_host) {
  const network_set inet_only{std::vector{network::parse("10.0.0.0/8")}};
  EXPECT_TRUE(inet_only.contains(inet6("::ffff:10.1.2.3").any));
  EXPECT_FALSE(inet_only.contains(inet6("::10.1.2.3").any));
  EXPECT_FALSE(network_set{std::vector{network::parse("::/0")}}.contains(inet6("::ffff:10.1.2.3").any));
  EXPECT_TRUE(network_set{std::vector{network::parse("::ffff:10.0.0.0/104")}}.contains(inet(0x0a000001).any));
}

TEST(network_set, contains_no_other_family) {
  sockaddr_un local{};
  local.sun_family = AF_UNIX;
  const network_set all{std::vector{network::parse("0.0.0.0/0"), network::parse("::/0")}};
  EXPECT_FALSE(all.contains(reinterpret_cast<const sockaddr&>(local)));
}

TEST(network_set, of_none_contains_nobody) {
  EXPECT_TRUE(network_set{}.empty());
  EXPECT_FALSE(network_set{}.contains(inet(0x7f000001).any));
  EXPECT_FALSE(network_set{std::vector{network::parse("::/0")}}.empty());
}

/// Every other network of a run, so that none is next to another.
peer in_inet_network(std::uint32_t number) { return inet((number << 8) | number % 256); }
peer in_inet6_network(std::uint32_t number) {
  return inet6({0x20, 0x01, static_cast<std::uint8_t>(number >> 16), static_cast<std::uint8_t>(number >> 8),
                static_cast<std::uint8_t>(number), 0, 1});
}

/// Each of 100,000 hosts is looked for among 100,000 networks: that would be 10,000,000,000 comparisons.
TEST(network_set, has_room_for_100000_networks) {
  constexpr std::uint32_t half = 50'000;
  std::vector<network> all;
  for (std::uint32_t i = half; i-- > 0;) {
    all.push_back(network::parse(text_of(in_inet_network(2 * i)) + "/24"));
    all.push_back(network::parse(text_of(in_inet6_network(2 * i)) + "/40"));
  }
  const network_set set{all};
  for (std::uint32_t i = 0; i < 2 * half; ++i) {
    ASSERT_EQ(set.contains(in_inet_network(i).any), i % 2 == 0) << i;
    ASSERT_EQ(set.contains(in_inet6_network(i).any), i % 2 == 0) << i;
  }
}

}  // namespace
