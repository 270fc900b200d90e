#include <ahoy/address/hostname.hpp>
#include <ahoy/address/lookup.hpp>
#include <ahoy/error/error.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <climits>
#include <string>
#include <vector>

namespace {

using ahoy::family;
using ahoy::lookup_use;
using ahoy::socket_type;
using testing::Contains;
using testing::ElementsAre;

template <typename... Arguments>
std::vector<std::string> found(Arguments... arguments) {
  std::vector<std::string> texts;
  for (const auto& address : ahoy::lookup(arguments...)) texts.push_back(address.to_string());
  return texts;
}

template <typename... Arguments>
ahoy::error refused(Arguments... arguments) {
  try {
    static_cast<void>(ahoy::lookup(arguments...));
  } catch (const ahoy::error& caught) {
    return caught;
  }
  ADD_FAILURE() << "nothing was thrown";
  return {{}, "", ""};
}

TEST(Lookup, NumericHosts) {
  EXPECT_THAT(found("127.0.0.1", 80), ElementsAre("127.0.0.1:80"));
  EXPECT_THAT(found("::1", "80"), ElementsAre("[::1]:80"));
  EXPECT_THAT(found(0x7f000001, "http"), ElementsAre("127.0.0.1:80"));
  EXPECT_THAT(found("<broadcast>", 9), ElementsAre("255.255.255.255:9"));
  EXPECT_THAT(found("fe80::1%lo", 80, family::inet6), ElementsAre("[fe80::1%lo]:80"));
}

TEST(Lookup, AnyToBindServesBothFamilies) {
  auto bind = lookup_use::bind;
  EXPECT_THAT(found("", 80, family::unspecified, socket_type::stream, bind), ElementsAre("[::]:80"));
  EXPECT_THAT(found("", 80, family::inet, socket_type::stream, bind), ElementsAre("0.0.0.0:80"));
  EXPECT_THAT(found("", 80, family::inet6, socket_type::datagram, bind), ElementsAre("[::]:80"));
}

TEST(Lookup, AnyToConnectIsThisMachine) {
  EXPECT_THAT(found("", 80), ElementsAre("[::1]:80", "127.0.0.1:80"));
  EXPECT_THAT(found("", 80, family::inet), ElementsAre("127.0.0.1:80"));
  EXPECT_THAT(found("", 80, family::inet6), ElementsAre("[::1]:80"));
}

TEST(Lookup, Names) {
  EXPECT_THAT(found("localhost", 80), Contains("127.0.0.1:80"));
  EXPECT_THAT(found("localhost", 80, family::inet), ElementsAre("127.0.0.1:80"));
  EXPECT_THAT(found("LOCALHOST", 80, family::inet, socket_type::datagram), ElementsAre("127.0.0.1:80"));
}

// /etc/hosts need not list localhost for IPv6.
TEST(Lookup, AFamilyAskedForIsAllThatComes) {
  try {
    for (const auto& address : ahoy::lookup("localhost", 80, family::inet6))
      EXPECT_EQ(address.family(), family::inet6);
  } catch (const ahoy::error& caught) {
    EXPECT_EQ(caught.code(), ahoy::errc::host_not_found);
    EXPECT_NE(caught.hint().find("inet6"), std::string::npos);
  }
}

TEST(Lookup, FamiliesThatDoNotFit) {
  EXPECT_EQ(refused("127.0.0.1", 80, family::inet6).code(), std::errc::address_family_not_supported);
  EXPECT_EQ(refused("::1", 80, family::inet).code(), std::errc::address_family_not_supported);
  EXPECT_EQ(refused("<broadcast>", 80, family::inet6).code(), std::errc::address_family_not_supported);
  EXPECT_EQ(refused("localhost", 80, family::local).code(), std::errc::address_family_not_supported);
  EXPECT_EQ(refused("", 80, family::vsock).code(), std::errc::address_family_not_supported);
  EXPECT_NE(refused("::1", 80, family::inet).hint().find("inet"), std::string::npos);
}

// RFC 6761: no resolver knows a name under "invalid"; one that cannot be asked says that.
TEST(Lookup, UnknownName) {
  auto caught = refused("no-such-host.invalid", 80);
  bool known_cause =
      caught.code() == ahoy::errc::host_not_found || caught.code() == ahoy::errc::lookup_unanswered;
  EXPECT_TRUE(known_cause) << caught.what();
  EXPECT_EQ(caught.verb(), "look up");
  EXPECT_EQ(caught.address(), "no-such-host.invalid");
  EXPECT_NE(caught.hint(), "");
}

TEST(Lookup, InternationalNameIsAskedForInAscii) {
  auto caught = refused(
      "b\xc3\xbc"
      "cher.invalid",
      80);
  EXPECT_NE(caught.code(), ahoy::errc::malformed) << caught.what();
  EXPECT_STREQ(refused("b\xc3\xbc"
                       "cher.invalid",
                       80)
                   .address()
                   .c_str(),
               "b\xc3\xbc"
               "cher.invalid");
}

TEST(Lookup, ANameThatBecomesANumberIsRefused) {
  EXPECT_EQ(refused("１２７。0。0。１", 80).code(), ahoy::errc::malformed);
}

TEST(Hostname, IsTheSystems) {
  char name[HOST_NAME_MAX + 1];
  ASSERT_EQ(::gethostname(name, sizeof name), 0);
  EXPECT_EQ(ahoy::gethostname(), name);
}

}  // namespace
