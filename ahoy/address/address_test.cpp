#include <ahoy/address/address.hpp>
#include <ahoy/error/error.hpp>

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <linux/vm_sockets.h>
#include <net/if.h>
#include <sys/un.h>

#include <array>
#include <cstring>
#include <sstream>
#include <unordered_set>

namespace {

using ahoy::address;
using namespace std::string_literals;

in6_addr inet6(const char* text) {
  in6_addr host{};
  EXPECT_EQ(inet_pton(AF_INET6, text, &host), 1) << text;
  return host;
}

TEST(Address, NothingAtFirst) {
  address none;
  EXPECT_EQ(none.family(), ahoy::family::unspecified);
  EXPECT_EQ(none.size(), 0U);
  EXPECT_EQ(none.port(), 0);
  EXPECT_EQ(none.host(), "");
  EXPECT_EQ(none.to_string(), "-");
  EXPECT_FALSE(none.is_any() || none.is_loopback() || none.is_multicast() || none.is_broadcast());
}

TEST(Address, Inet) {
  auto a = address::inet(0x7f000001, 40112);
  EXPECT_EQ(a.to_string(), "127.0.0.1:40112");
  EXPECT_EQ(a.host(), "127.0.0.1");
  EXPECT_EQ(a.port(), 40112);
  EXPECT_EQ(a.size(), sizeof(sockaddr_in));
  EXPECT_EQ(a.data()->sa_family, AF_INET);
  a.set_port(80);
  EXPECT_EQ(a.to_string(), "127.0.0.1:80");
  EXPECT_EQ(a.unmapped(), a);
}

TEST(Address, Inet6) {
  auto a = address::inet6(inet6("2001:db8::1"), 40112);
  EXPECT_EQ(a.to_string(), "[2001:db8::1]:40112");
  EXPECT_EQ(a.host(), "2001:db8::1");
  a.set_port(80);
  EXPECT_EQ(a.port(), 80);
  EXPECT_EQ(a.unmapped(), a);
}

TEST(Address, ZoneIsTheInterfacesName) {
  auto index = if_nametoindex("lo");
  ASSERT_NE(index, 0U);
  EXPECT_EQ(address::inet6(inet6("fe80::1"), 80, index).to_string(), "[fe80::1%lo]:80");
  EXPECT_EQ(address::inet6(inet6("fe80::1"), 80, 4000000).to_string(), "[fe80::1%4000000]:80");
  EXPECT_NE(address::inet6(inet6("fe80::1"), 80, 1), address::inet6(inet6("fe80::1"), 80, 2));
}

TEST(Address, MappedIsWrittenAsInet) {
  auto a = address::inet6(inet6("::ffff:192.0.2.7"), 40112);
  EXPECT_EQ(a.family(), ahoy::family::inet6);
  EXPECT_EQ(a.to_string(), "192.0.2.7:40112");
  EXPECT_EQ(a.host(), "192.0.2.7");
  EXPECT_EQ(a.unmapped(), address::inet(0xc0000207, 40112));
  EXPECT_NE(a, a.unmapped());
}

TEST(Address, WhatItIs) {
  struct row {
    address value;
    bool any, loopback, multicast, broadcast;
  };
  const std::array rows{
      row{address::inet(0, 1), true, false, false, false},
      row{address::inet(0x7f000001, 1), false, true, false, false},
      row{address::inet(0x7fffffff, 1), false, true, false, false},
      row{address::inet(0xe0000001, 1), false, false, true, false},
      row{address::inet(0xefffffff, 1), false, false, true, false},
      row{address::inet(0xf0000000, 1), false, false, false, false},
      row{address::inet(0xffffffff, 1), false, false, false, true},
      row{address::inet(0xc0000207, 1), false, false, false, false},
      row{address::inet6(in6addr_any, 1), true, false, false, false},
      row{address::inet6(in6addr_loopback, 1), false, true, false, false},
      row{address::inet6(inet6("ff02::1"), 1), false, false, true, false},
      row{address::inet6(inet6("2001:db8::1"), 1), false, false, false, false},
      row{address::inet6(inet6("::ffff:127.0.0.1"), 1), false, true, false, false},
      row{address::inet6(inet6("::ffff:0.0.0.0"), 1), true, false, false, false},
      row{address::local("/tmp/x"), false, false, false, false},
  };
  for (const auto& row : rows) {
    EXPECT_EQ(row.value.is_any(), row.any) << row.value;
    EXPECT_EQ(row.value.is_loopback(), row.loopback) << row.value;
    EXPECT_EQ(row.value.is_multicast(), row.multicast) << row.value;
    EXPECT_EQ(row.value.is_broadcast(), row.broadcast) << row.value;
  }
}

TEST(Address, Local) {
  auto a = address::local("/run/ahoy");
  EXPECT_EQ(a.family(), ahoy::family::local);
  EXPECT_EQ(a.to_string(), "unix:///run/ahoy");
  EXPECT_EQ(a.host(), "/run/ahoy");
  EXPECT_EQ(a.size(), offsetof(sockaddr_un, sun_path) + 10);
  a.set_port(80);
  EXPECT_EQ(a.port(), 0);
  EXPECT_EQ(a, address::local("/run/ahoy"));
}

TEST(Address, LocalPathsAreEscapedWhenPrinted) {
  EXPECT_EQ(address::local("/tmp/a\x1b[2J\n\xff\\").to_string(), "unix:///tmp/a\\x1b[2J\\x0a\\xff\\\\");
  EXPECT_EQ(address::local("/tmp/a\n").host(), "/tmp/a\n");
}

TEST(Address, AbstractNames) {
  auto a = address::local("@ahoy");
  EXPECT_EQ(a.to_string(), "unix:@ahoy");
  EXPECT_EQ(a, address::local("\0ahoy"s));
  EXPECT_EQ(a.size(), offsetof(sockaddr_un, sun_path) + 5);
  EXPECT_EQ(address::local("\0a\0b"s).host(), "@a\0b"s);
  EXPECT_NE(address::local("@a"), address::local("@a\0"s));
}

TEST(Address, LocalLimits) {
  EXPECT_EQ(address::local(std::string(107, 'x')).host().size(), 107U);
  EXPECT_EQ(address::local("@" + std::string(106, 'x')).host().size(), 107U);
  for (const auto& path : {""s, std::string(108, 'x'), std::string(5000, 'x'), "/tmp/a\0b"s, "@"s, "\0"s}) {
    try {
      static_cast<void>(address::local(path));
      ADD_FAILURE() << "taken: " << path.size() << " bytes";
    } catch (const ahoy::error& caught) {
      EXPECT_EQ(caught.code(), ahoy::errc::malformed);
      EXPECT_NE(caught.hint(), "");
    }
  }
}

TEST(Address, UnnamedLocal) {
  sockaddr_un unnamed{};
  unnamed.sun_family = AF_UNIX;
  address a(reinterpret_cast<sockaddr*>(&unnamed), sizeof(sa_family_t));
  EXPECT_EQ(a.to_string(), "unix:");
  EXPECT_EQ(a.host(), "");
  address with_nul(reinterpret_cast<sockaddr*>(&unnamed), sizeof(sa_family_t) + 1);
  EXPECT_EQ(with_nul.to_string(), "unix:");
}

// The kernel may return a path of 108 bytes without a NUL (unix(7), BUGS).
TEST(Address, LocalPathWithoutTerminator) {
  sockaddr_un full{};
  full.sun_family = AF_UNIX;
  std::fill(std::begin(full.sun_path), std::end(full.sun_path), 'x');
  EXPECT_EQ(address(reinterpret_cast<sockaddr*>(&full), sizeof full).host(), std::string(108, 'x'));
}

TEST(Address, OtherFamilies) {
  sockaddr_vm vsock{};
  vsock.svm_family = AF_VSOCK;
  vsock.svm_cid = 2;
  vsock.svm_port = 1234;
  EXPECT_EQ(address(reinterpret_cast<sockaddr*>(&vsock), sizeof vsock).to_string(), "vsock:2:1234");
  sockaddr other{};
  other.sa_family = AF_X25;
  EXPECT_EQ(address(&other, sizeof other).to_string(), "(x25)");
}

TEST(Address, KernelFillsIt) {
  address a;
  auto size = address::capacity();
  auto source = address::inet(0x7f000001, 9);
  std::memcpy(a.data(), source.data(), source.size());
  a.set_size(source.size());
  EXPECT_EQ(a, source);
  a.set_size(size + 1000);
  EXPECT_EQ(a.size(), size);
}

TEST(Address, EqualWhateverThePaddingAndTheFlow) {
  sockaddr_in v4{};
  v4.sin_family = AF_INET;
  v4.sin_port = htons(80);
  std::fill(std::begin(v4.sin_zero), std::end(v4.sin_zero), static_cast<unsigned char>(7));
  EXPECT_EQ(address(reinterpret_cast<sockaddr*>(&v4), sizeof v4), address::inet(0, 80));
  sockaddr_in6 v6{};
  v6.sin6_family = AF_INET6;
  v6.sin6_port = htons(80);
  v6.sin6_flowinfo = htonl(5);
  address with_flow(reinterpret_cast<sockaddr*>(&v6), sizeof v6);
  EXPECT_EQ(with_flow, address::inet6(in6addr_any, 80));
  EXPECT_EQ(with_flow.hash(), address::inet6(in6addr_any, 80).hash());
}

TEST(Address, Hash) {
  std::unordered_set<address> known;
  for (std::uint16_t port = 1; port <= 1000; ++port) {
    known.insert(address::inet(0x7f000001, port));
    known.insert(address::inet6(in6addr_loopback, port));
    known.insert(address::inet(0x7f000001, port));
  }
  EXPECT_EQ(known.size(), 2000U);
  EXPECT_TRUE(known.contains(address::inet6(in6addr_loopback, 500)));
  EXPECT_FALSE(known.contains(address::inet6(in6addr_any, 500)));
}

/// Who forges senders chooses addresses; knowing the code must not be enough to have them collide.
TEST(Address, NobodyCanChooseWhereOnesCollide) {
  std::unordered_set<address> known(20'000);
  std::size_t chosen = 0;
  for (std::uint32_t host = 1; chosen < 500; ++host) {
    const address one = address::inet(0x7f000000 + host, 80);
    std::uint64_t word = 0;
    std::memcpy(&word, one.data(), sizeof word);
    const std::uint64_t spread = word * 0x9e3779b97f4a7c15;  // as Knuth multiplies, for one
    if ((spread ^ spread >> 32) % known.bucket_count() != 0) continue;
    known.insert(one);
    ++chosen;
  }
  std::size_t most = 0;
  for (const address& each : known) most = std::max(most, known.bucket_size(known.bucket(each)));
  EXPECT_LT(most, 20U);
}

TEST(Address, Streams) {
  std::ostringstream out;
  out << address::inet(0x7f000001, 80);
  EXPECT_EQ(out.str(), "127.0.0.1:80");
}

TEST(Address, ATruncatedOneIsNotReadBeyondItsEnd) {
  auto whole = address::inet6(in6addr_loopback, 80);
  for (socklen_t size = 0; size <= whole.size(); ++size) {
    address cut(whole.data(), size);
    static_cast<void>(cut.to_string());
    static_cast<void>(cut.hash());
    EXPECT_EQ(cut == whole, size == whole.size());
  }
}

}  // namespace
