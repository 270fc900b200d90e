#include <ahoy/address/port.hpp>
#include <ahoy/error/error.hpp>

#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <limits>

namespace {

using ahoy::errc;
using ahoy::port;
using ahoy::socket_type;

template <typename... Arguments>
ahoy::error refused(Arguments... arguments) {
  try {
    static_cast<void>(port(arguments...));
  } catch (const ahoy::error& caught) {
    return caught;
  }
  ADD_FAILURE() << "nothing was thrown";
  return {{}, "", ""};
}

TEST(Port, Numbers) {
  EXPECT_EQ(port().number(), 0);
  EXPECT_EQ(port(0).number(), 0);
  EXPECT_EQ(port(23456).number(), 23456);
  EXPECT_EQ(port(65535L).number(), 65535);
  EXPECT_EQ(port(std::uint16_t{80}), port(80ULL));
  EXPECT_EQ(ahoy::to_string(port(80)), "80");
}

TEST(Port, NumbersOutOfRangeAreNotWrapped) {
  EXPECT_EQ(refused(65536).code(), errc::out_of_range);
  EXPECT_EQ(refused(-1).code(), errc::out_of_range);
  EXPECT_EQ(refused(65536L + 80).code(), errc::out_of_range);
  EXPECT_EQ(refused(std::numeric_limits<std::uint64_t>::max()).code(), errc::out_of_range);
  EXPECT_EQ(refused(std::numeric_limits<std::int64_t>::min()).code(), errc::out_of_range);
  EXPECT_STREQ(refused(-1).what(), "read port \"-1\": out of range");
  EXPECT_NE(refused(-1).hint().find("65535"), std::string::npos);
}

TEST(Port, Text) {
  struct row {
    const char* text;
    int number;
  };
  constexpr std::array rows{
      row{"0", 0},       row{"1", 1},       row{"65535", 65535}, row{"23456", 23456},      row{"0080", 80},
      row{"http", 80},   row{"https", 443}, row{"ssh", 22},      row{"HTTP", 80},          row{"nntp", 119},
      row{"ftp", 21},    row{"smtp", 25},   row{"pop3", 110},    row{"imap2", 143},        row{"telnet", 23},
      row{"gopher", 70}, row{"domain", 53}, row{"ntp", 123},     row{"00000000000080", 80}};
  for (const auto& [text, number] : rows) EXPECT_EQ(port(text).number(), number) << text;
  EXPECT_EQ(port(std::string("80")).number(), 80);
  EXPECT_EQ(port(std::string_view("domain"), socket_type::datagram).number(), 53);
}

TEST(Port, RefusedText) {
  struct row {
    const char* text;
    errc cause;
  };
  constexpr std::array rows{
      row{"", errc::malformed},
      row{" ", errc::malformed},
      row{" 5", errc::malformed},
      row{"5 ", errc::malformed},
      row{"+5", errc::malformed},
      row{"-", errc::malformed},
      row{"-x", errc::malformed},
      row{"8,0", errc::malformed},
      row{"80\n", errc::malformed},
      row{"\xc2\xb2", errc::malformed},
      row{"65536", errc::out_of_range},
      row{"99999", errc::out_of_range},
      row{"-1", errc::out_of_range},
      row{"-0", errc::out_of_range},
      row{"4294967376", errc::out_of_range},  // 80 more than 2^32
      row{"18446744073709551696", errc::out_of_range},
      row{"999999999999999999999999999999", errc::out_of_range},
      row{"5x", errc::service_not_found},
      row{"0x50", errc::service_not_found},
      row{"no-such-service", errc::service_not_found},
      row{"1e3", errc::service_not_found},
  };
  for (const auto& [text, cause] : rows) {
    auto caught = refused(text);
    EXPECT_EQ(caught.code(), cause) << text << ": " << caught.what();
    EXPECT_NE(caught.hint(), "") << text;
  }
  EXPECT_STREQ(refused("80\n").what(), "read port \"80\\x0a\": malformed");
  EXPECT_EQ(refused(std::string("80\0", 3)).code(), errc::malformed);
}

}  // namespace
