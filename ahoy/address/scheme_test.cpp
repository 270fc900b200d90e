#include <ahoy/address/scheme.hpp>
#include <ahoy/error/error.hpp>

#include <gtest/gtest.h>

#include <array>

namespace {

using ahoy::scheme;
using ahoy::transport;

TEST(Scheme, Table) {
  struct row {
    const char* text;
    scheme value;
    ahoy::transport transport;
    int port;
  };
  constexpr std::array rows{
      row{"tcp", scheme::tcp, transport::tcp, 23456},
      row{"tls", scheme::tls, transport::tls, 23456},
      row{"udp", scheme::udp, transport::udp, 23456},
      row{"unix", scheme::local, transport::local, 0},
      row{"ahoy", scheme::ahoy, transport::tls, 23456},
      row{"ahoy+tcp", scheme::ahoy_tcp, transport::tcp, 23456},
      row{"http", scheme::http, transport::tcp, 80},
      row{"https", scheme::https, transport::tls, 443},
      row{"ftp", scheme::ftp, transport::tcp, 21},
      row{"ftps", scheme::ftps, transport::tls, 990},
      row{"smtp", scheme::smtp, transport::tcp, 25},
      row{"smtps", scheme::smtps, transport::tls, 465},
      row{"pop3", scheme::pop3, transport::tcp, 110},
      row{"pop3s", scheme::pop3s, transport::tls, 995},
      row{"imap", scheme::imap, transport::tcp, 143},
      row{"imaps", scheme::imaps, transport::tls, 993},
      row{"nntp", scheme::nntp, transport::tcp, 119},
      row{"nntps", scheme::nntps, transport::tls, 563},
      row{"gopher", scheme::gopher, transport::tcp, 70},
      row{"gophers", scheme::gophers, transport::tls, 70},
      row{"telnet", scheme::telnet, transport::tcp, 23},
  };
  for (const auto& [text, value, transport, port] : rows) {
    EXPECT_EQ(ahoy::parse_scheme(text), value) << text;
    EXPECT_EQ(ahoy::to_string(value), text);
    EXPECT_EQ(ahoy::traits(value).scheme, value);
    EXPECT_EQ(ahoy::traits(value).transport, transport) << text;
    EXPECT_EQ(ahoy::traits(value).port, port) << text;
  }
  EXPECT_EQ(ahoy::parse_scheme("TCP"), scheme::tcp);
}

TEST(Scheme, RefusesOtherText) {
  for (const char* text : {"", "tpc", "local", "ahoy_tcp", "tcp ", "ahoy-tcp", "file"}) {
    try {
      static_cast<void>(ahoy::parse_scheme(text));
      ADD_FAILURE() << text;
    } catch (const ahoy::error& caught) {
      EXPECT_EQ(caught.code(), ahoy::errc::malformed);
      EXPECT_NE(caught.hint().find("tcp tls udp unix"), std::string::npos);
    }
  }
}

}  // namespace
