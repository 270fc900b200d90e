#include <ahoy/address/family.hpp>
#include <ahoy/error/error.hpp>

#include <gtest/gtest.h>
#include <netinet/in.h>

#include <array>

namespace {

using ahoy::family;
using ahoy::protocol;
using ahoy::socket_type;

template <typename Call>
ahoy::error refused(Call call) {
  try {
    call();
  } catch (const ahoy::error& caught) {
    return caught;
  }
  ADD_FAILURE() << "nothing was thrown";
  return {{}, "", ""};
}

TEST(Family, EverySpelling) {
  struct row {
    family value;
    const char *printed, *spelling;
  };
  constexpr std::array rows{
      row{family::inet, "inet", "inet"},
      row{family::inet, "inet", "AF_INET"},
      row{family::inet, "inet", "PF_INET"},
      row{family::inet6, "inet6", "inet6"},
      row{family::inet6, "inet6", "AF_INET6"},
      row{family::inet6, "inet6", "pf_inet6"},
      row{family::local, "local", "local"},
      row{family::local, "local", "unix"},
      row{family::local, "local", "AF_UNIX"},
      row{family::local, "local", "PF_UNIX"},
      row{family::local, "local", "AF_LOCAL"},
      row{family::local, "local", "PF_LOCAL"},
      row{family::x25, "x25", "x25"},
      row{family::x25, "x25", "PF_X25"},
      row{family::vsock, "vsock", "AF_VSOCK"},
      row{family::vsock, "vsock", "VSOCK"},
      row{family::unspecified, "unspecified", "AF_UNSPEC"},
      row{family::unspecified, "unspecified", "unspecified"},
  };
  for (const auto& [value, printed, spelling] : rows) {
    EXPECT_EQ(ahoy::parse_family(spelling), value) << spelling;
    EXPECT_EQ(ahoy::to_string(value), printed);
    EXPECT_EQ(ahoy::parse_family(printed), value);
  }
  EXPECT_EQ(ahoy::to_string(static_cast<family>(16)), "family 16");
}

TEST(Family, IsTheSystemsNumber) {
  EXPECT_EQ(static_cast<int>(family::x25), AF_X25);
  EXPECT_EQ(static_cast<int>(family::vsock), AF_VSOCK);
}

TEST(Family, RefusesOtherText) {
  for (const char* text : {"", "ipv4", "AF_", "AF_AF_INET", "SOCK_STREAM", "inet ", "\x1b", "2"}) {
    auto caught = refused([&] { static_cast<void>(ahoy::parse_family(text)); });
    EXPECT_EQ(caught.code(), ahoy::errc::malformed) << text;
    EXPECT_NE(caught.hint().find("inet6"), std::string::npos);
  }
  auto caught = refused([] { static_cast<void>(ahoy::parse_family("a\x1b")); });
  EXPECT_STREQ(caught.what(), "read family \"a\\x1b\": malformed");
}

TEST(SocketType, EverySpelling) {
  for (const char* text : {"stream", "SOCK_STREAM", "Stream"})
    EXPECT_EQ(ahoy::parse_socket_type(text), socket_type::stream);
  for (const char* text : {"datagram", "dgram", "SOCK_DGRAM"})
    EXPECT_EQ(ahoy::parse_socket_type(text), socket_type::datagram);
  EXPECT_EQ(ahoy::to_string(socket_type::stream), "stream");
  EXPECT_EQ(ahoy::to_string(socket_type::datagram), "datagram");
  EXPECT_EQ(refused([] { static_cast<void>(ahoy::parse_socket_type("raw")); }).code(), ahoy::errc::malformed);
}

TEST(Protocol, NamesAndNumbers) {
  EXPECT_EQ(protocol(), protocol(0));
  EXPECT_EQ(protocol("0").number(), 0);
  for (const char* text : {"tcp", "TCP", "IPPROTO_TCP", "6"})
    EXPECT_EQ(protocol(text).number(), IPPROTO_TCP) << text;
  EXPECT_EQ(protocol("udp").number(), IPPROTO_UDP);
  EXPECT_EQ(protocol("mptcp").number(), 262);
  EXPECT_EQ(ahoy::to_string(protocol("udp")), "udp");
  EXPECT_EQ(ahoy::to_string(protocol(0)), "0");
  EXPECT_EQ(ahoy::to_string(protocol(200)), "protocol 200");
}

TEST(Protocol, RefusesOtherText) {
  for (const char* text : {"", "tcpp", "-1", "99999999999", "6x"})
    EXPECT_EQ(refused([&] { static_cast<void>(protocol(text)); }).code(), ahoy::errc::malformed) << text;
}

}  // namespace
