#include <ahoy/address/host.hpp>
#include <ahoy/error/error.hpp>

#include <gtest/gtest.h>
#include <net/if.h>

#include <array>
#include <cstdint>
#include <limits>

namespace {

using ahoy::errc;
using ahoy::host;
using ahoy::host_kind;
using namespace std::string_literals;

template <typename Argument>
ahoy::error refused(Argument argument) {
  try {
    static_cast<void>(host(argument));
  } catch (const ahoy::error& caught) {
    return caught;
  }
  ADD_FAILURE() << "nothing was thrown: " << argument;
  return {{}, "", ""};
}

TEST(Host, EveryForm) {
  struct row {
    const char* text;
    host_kind kind;
    const char* printed;
  };
  constexpr std::array rows{
      row{"", host_kind::any, ""},
      row{"<broadcast>", host_kind::broadcast, "<broadcast>"},
      row{"127.0.0.1", host_kind::inet, "127.0.0.1"},
      row{"0.0.0.0", host_kind::inet, "0.0.0.0"},
      row{"255.255.255.255", host_kind::inet, "255.255.255.255"},
      row{"2130706433", host_kind::inet, "127.0.0.1"},
      row{"0", host_kind::inet, "0.0.0.0"},
      row{"4294967295", host_kind::inet, "255.255.255.255"},
      row{"::1", host_kind::inet6, "::1"},
      row{"::", host_kind::inet6, "::"},
      row{"[::1]", host_kind::inet6, "::1"},
      row{"2001:DB8:0:0::1", host_kind::inet6, "2001:db8::1"},
      row{"2001:db8::192.0.2.1", host_kind::inet6, "2001:db8::c000:201"},
      row{"::ffff:192.0.2.1", host_kind::inet6, "::ffff:192.0.2.1"},
      row{"fe80::1%lo", host_kind::inet6, "fe80::1%lo"},
      row{"[fe80::1%lo]", host_kind::inet6, "fe80::1%lo"},
      row{"fe80::1%1", host_kind::inet6, "fe80::1%1"},
      row{"localhost", host_kind::name, "localhost"},
      row{"Example.org.", host_kind::name, "Example.org."},
      row{"my_host-1", host_kind::name, "my_host-1"},
      row{"1and1.example", host_kind::name, "1and1.example"},
      row{"10.0.0.1.example", host_kind::name, "10.0.0.1.example"},
      row{"0xcafe.example", host_kind::name, "0xcafe.example"},
      row{"b\xc3\xbc"
          "cher.example",
          host_kind::name,
          "b\xc3\xbc"
          "cher.example"},
      row{"xn--bcher-kva.example", host_kind::name, "xn--bcher-kva.example"},
  };
  for (const auto& [text, kind, printed] : rows) {
    host read(text);
    EXPECT_EQ(read.kind(), kind) << text;
    EXPECT_EQ(read.text(), printed) << text;
    EXPECT_EQ(read.is_numeric(), kind != host_kind::name) << text;
    EXPECT_EQ(host(read.text()), read) << text;
    EXPECT_EQ(host(read.text()).kind(), kind) << text;
  }
}

TEST(Host, Integers) {
  EXPECT_EQ(host(0x7f000001).text(), "127.0.0.1");
  EXPECT_EQ(host(0).text(), "0.0.0.0");
  EXPECT_EQ(host(4294967295U).text(), "255.255.255.255");
  EXPECT_EQ(host(std::uint64_t{1}).text(), "0.0.0.1");
  EXPECT_EQ(refused(-1).code(), errc::out_of_range);
  EXPECT_EQ(refused(4294967296L).code(), errc::out_of_range);
  EXPECT_EQ(refused(std::numeric_limits<std::uint64_t>::max()).code(), errc::out_of_range);
}

TEST(Host, RefusedText) {
  const std::array malformed{
      "127.1"s,
      "0x7f.1"s,
      "0177.0.0.1"s,
      "127.0.0.01"s,
      "00"s,
      "01"s,
      "1.2.3.4.5"s,
      "256.0.0.1"s,
      "1.2.3"s,
      "1.2.3.4."s,
      "1.2.3.0x4"s,
      "0x7f000001"s,
      "0X"s,
      "host.0x"s,
      "host.1"s,
      "1..2"s,
      "."s,
      ".."s,
      "a..b"s,
      ".a"s,
      "-a"s,
      "a.-b"s,
      " localhost"s,
      "localhost "s,
      "local host"s,
      "local\thost"s,
      "host\n"s,
      "a\0b"s,
      "::1\0"s,
      "127.0.0.1\0"s,
      "a/b"s,
      "a@b"s,
      "a%lo"s,
      "127.0.0.1%lo"s,
      "localhost:80"s,
      "127.0.0.1:80"s,
      "[localhost]"s,
      "[127.0.0.1]"s,
      "["s,
      "]"s,
      "[]"s,
      "[::1"s,
      "::1]"s,
      ":"s,
      ":::"s,
      "1:2:3:4:5:6:7"s,
      "1:2:3:4:5:6:7:8:9"s,
      "12345::"s,
      "::g"s,
      "::1.2.3"s,
      "::1.2.3.256"s,
      "fe80::1%"s,
      "fe80::1%a/b"s,
      "fe80::1%a b"s,
      "fe80::1%abcdefghijklmnop"s,
      "fe80::1%25%lo"s,
      "*"s,
      "<any>"s,
      "\xff"s,
      "b\xc3"s,
      "a\xe2\x80\x8b"
      "b"s,
      "a\xe2\x80\xae"
      "b"s,
      "\x1b[2J"s,
      "a\\b"s,
      "a'b"s,
      "-1"s,
      "+1"s,
      std::string(64, 'a'),
      std::string(64, 'a') + ".example",
      [] {
        std::string name;
        while (name.size() < 254) name += "abcdefg.";
        return name;
      }(),
  };
  for (const auto& text : malformed) {
    auto caught = refused(text);
    EXPECT_EQ(caught.code(), errc::malformed) << text << ": " << caught.what();
    EXPECT_TRUE(std::string_view(caught.what()).starts_with("read host \"")) << caught.what();
    EXPECT_NE(caught.hint(), "") << text;
  }
  EXPECT_EQ(refused("4294967296").code(), errc::out_of_range);
  EXPECT_EQ(refused("99999999999999999999999").code(), errc::out_of_range);
}

TEST(Host, LongestName) {
  auto label = std::string(63, 'a');
  auto name = label + "." + label + "." + label + "." + std::string(61, 'a');
  EXPECT_EQ(name.size(), 253U);
  EXPECT_EQ(host(name).text(), name);
}

TEST(Host, NumericAddress) {
  EXPECT_EQ(host("127.0.0.1").numeric_address(80).to_string(), "127.0.0.1:80");
  EXPECT_EQ(host(0x7f000001).numeric_address(80).to_string(), "127.0.0.1:80");
  EXPECT_EQ(host("[::1]").numeric_address(80).to_string(), "[::1]:80");
  EXPECT_EQ(host("<broadcast>").numeric_address(80).to_string(), "255.255.255.255:80");
  EXPECT_EQ(host("fe80::1%lo").numeric_address(80).to_string(), "[fe80::1%lo]:80");
  EXPECT_EQ(host("::ffff:192.0.2.1").numeric_address(80).family(), ahoy::family::inet6);
  auto by_number = "fe80::1%" + std::to_string(if_nametoindex("lo"));
  EXPECT_EQ(host(by_number).numeric_address(80), host("fe80::1%lo").numeric_address(80));
}

TEST(Host, UnknownZone) {
  for (const char* text : {"fe80::1%nosuch0", "fe80::1%0", "fe80::1%99999999999"}) {
    try {
      static_cast<void>(host(text).numeric_address(80));
      ADD_FAILURE() << text;
    } catch (const ahoy::error& caught) {
      EXPECT_EQ(caught.code(), std::errc::no_such_device) << text;
    }
  }
}

}  // namespace
