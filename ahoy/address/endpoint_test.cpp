#include <ahoy/address/endpoint.hpp>
#include <ahoy/error/error.hpp>

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <type_traits>

namespace {

using ahoy::endpoint;
using ahoy::errc;
using ahoy::scheme;
using namespace std::string_literals;

static_assert(!std::is_aggregate_v<endpoint>);  // GCC 12 miscompiles aggregates as coroutine parameters

template <typename Call>
ahoy::error refused(Call call) {
  try {
    ADD_FAILURE() << "taken: " << call().to_string();
  } catch (const ahoy::error& caught) {
    return caught;
  }
  return {{}, "", ""};
}

struct row {
  const char* text;
  ahoy::scheme scheme;
  const char* host;
  int port;
  const char* printed;
};

void expect_read(const row& expected, const endpoint& read) {
  EXPECT_EQ(read.scheme, expected.scheme) << expected.text;
  EXPECT_EQ(read.host.text(), expected.host) << expected.text;
  EXPECT_EQ(read.port.number(), expected.port) << expected.text;
  EXPECT_EQ(read.to_string(), expected.printed) << expected.text;
  EXPECT_EQ(endpoint::parse(read.to_string()), read) << expected.text;
}

TEST(Endpoint, OneWord) {
  constexpr std::array rows{
      row{"localhost", scheme::tcp, "localhost", 23456, "tcp://localhost:23456"},
      row{"localhost:80", scheme::tcp, "localhost", 80, "tcp://localhost:80"},
      row{"localhost:http", scheme::tcp, "localhost", 80, "tcp://localhost:80"},
      row{"127.0.0.1:0", scheme::tcp, "127.0.0.1", 0, "tcp://127.0.0.1:0"},
      row{":80", scheme::tcp, "", 80, "tcp://:80"},
      row{"<broadcast>:9", scheme::tcp, "<broadcast>", 9, "tcp://<broadcast>:9"},
      row{"2130706433:80", scheme::tcp, "127.0.0.1", 80, "tcp://127.0.0.1:80"},
      row{"2130706433", scheme::tcp, "127.0.0.1", 23456, "tcp://127.0.0.1:23456"},
      row{"[::1]", scheme::tcp, "::1", 23456, "tcp://[::1]:23456"},
      row{"[::1]:80", scheme::tcp, "::1", 80, "tcp://[::1]:80"},
      row{"[2001:db8::1:80]", scheme::tcp, "2001:db8::1:80", 23456, "tcp://[2001:db8::1:80]:23456"},
      row{"[fe80::1%eth0]:80", scheme::tcp, "fe80::1%eth0", 80, "tcp://[fe80::1%25eth0]:80"},
      row{"[fe80::1%25eth0]:80", scheme::tcp, "fe80::1%eth0", 80, "tcp://[fe80::1%25eth0]:80"},
      row{"[fe80::1%25]:80", scheme::tcp, "fe80::1%25", 80, "tcp://[fe80::1%2525]:80"},
      row{"[fe80::1%2525]:80", scheme::tcp, "fe80::1%25", 80, "tcp://[fe80::1%2525]:80"},
      row{"[::ffff:192.0.2.1]:80", scheme::tcp, "::ffff:192.0.2.1", 80, "tcp://[::ffff:192.0.2.1]:80"},
      row{"::1", scheme::tcp, "::1", 23456, "tcp://[::1]:23456"},
      row{"::", scheme::tcp, "::", 23456, "tcp://[::]:23456"},
      row{"2001:db8::1", scheme::tcp, "2001:db8::1", 23456, "tcp://[2001:db8::1]:23456"},
      row{"1:2:3:4:5:6:7:8", scheme::tcp, "1:2:3:4:5:6:7:8", 23456, "tcp://[1:2:3:4:5:6:7:8]:23456"},
      row{"fe80::1%eth0", scheme::tcp, "fe80::1%eth0", 23456, "tcp://[fe80::1%25eth0]:23456"},
      row{"2001:db8::a:b", scheme::tcp, "2001:db8::a:b", 23456, "tcp://[2001:db8::a:b]:23456"},
      row{"::ffff:192.0.2.1", scheme::tcp, "::ffff:192.0.2.1", 23456, "tcp://[::ffff:192.0.2.1]:23456"},
  };
  for (const auto& expected : rows) expect_read(expected, endpoint::parse(expected.text));
}

TEST(Endpoint, Urls) {
  constexpr std::array rows{
      row{"tcp://localhost:80", scheme::tcp, "localhost", 80, "tcp://localhost:80"},
      row{"TCP://localhost", scheme::tcp, "localhost", 23456, "tcp://localhost:23456"},
      row{"tcp://localhost/", scheme::tcp, "localhost", 23456, "tcp://localhost:23456"},
      row{"tcp://", scheme::tcp, "", 23456, "tcp://:23456"},
      row{"tcp://:80", scheme::tcp, "", 80, "tcp://:80"},
      row{"tls://[::1]:80", scheme::tls, "::1", 80, "tls://[::1]:80"},
      row{"tls://h:80#sha256=ab12ab12ab12ab12ab12ab12ab12ab12ab12ab12ab12ab12ab12ab12ab12ab12", scheme::tls,
          "h", 80, "tls://h:80#sha256=ab12ab12ab12ab12ab12ab12ab12ab12ab12ab12ab12ab12ab12ab12ab12ab12"},
      row{"udp://127.0.0.1:domain", scheme::udp, "127.0.0.1", 53, "udp://127.0.0.1:53"},
      row{"udp://<broadcast>", scheme::udp, "<broadcast>", 23456, "udp://<broadcast>:23456"},
      row{"udp://[fe80::1%25eth0]", scheme::udp, "fe80::1%eth0", 23456, "udp://[fe80::1%25eth0]:23456"},
      row{"ahoy://host", scheme::ahoy, "host", 23456, "ahoy://host:23456"},
      row{"ahoy+tcp://host:1", scheme::ahoy_tcp, "host", 1, "ahoy+tcp://host:1"},
      row{"tcp://23456:80", scheme::tcp, "0.0.91.160", 80, "tcp://0.0.91.160:80"},
      row{"http://example.org", scheme::http, "example.org", 80, "http://example.org"},
      row{"http://example.org:80/", scheme::http, "example.org", 80, "http://example.org/"},
      row{"https://example.org:8443", scheme::https, "example.org", 8443, "https://example.org:8443"},
      row{"ftp://[::1]/f", scheme::ftp, "::1", 21, "ftp://[::1]/f"},
      row{"nntps://news.example", scheme::nntps, "news.example", 563, "nntps://news.example"},
      row{"telnet://localhost", scheme::telnet, "localhost", 23, "telnet://localhost"},
  };
  for (const auto& expected : rows) expect_read(expected, endpoint::parse(expected.text));
}

TEST(Endpoint, UrlParts) {
  auto made = endpoint::parse("http://me:pa%40ss@example.org:8080/a/b?c=d/@e#f?g");
  EXPECT_EQ(made.user, "me:pa%40ss");
  EXPECT_EQ(made.host.text(), "example.org");
  EXPECT_EQ(made.port.number(), 8080);
  EXPECT_EQ(made.path, "/a/b?c=d/@e");
  EXPECT_EQ(made.fragment, "f?g");
  EXPECT_EQ(made.to_string(), "http://me:pa%40ss@example.org:8080/a/b?c=d/@e#f?g");
  auto query = endpoint::parse("http://example.org?x");
  EXPECT_EQ(query.path, "?x");
  EXPECT_EQ(endpoint::parse(query.to_string()), query);
}

TEST(Endpoint, Unix) {
  struct {
    const char *text, *path, *printed;
  } constexpr rows[]{
      {"unix:///run/ahoy", "/run/ahoy", "unix:///run/ahoy"},
      {"unix:/run/ahoy", "/run/ahoy", "unix:///run/ahoy"},
      {"unix:ahoy", "ahoy", "unix:ahoy"},
      {"unix:./a/b", "./a/b", "unix:./a/b"},
      {"UNIX:@ahoy", "@ahoy", "unix:@ahoy"},
      {"unix:/a b%20?c#d@e:80", "/a b%20?c#d@e:80", "unix:///a b%20?c#d@e:80"},
      {"unix:80", "80", "unix:80"},
      {"unix:a://b", "a://b", "unix:a://b"},
  };
  for (const auto& [text, path, printed] : rows) {
    auto read = endpoint::parse(text);
    EXPECT_EQ(read.scheme, scheme::local);
    EXPECT_EQ(read.path, path);
    EXPECT_EQ(read.port.number(), 0);
    EXPECT_EQ(read.to_string(), printed);
    EXPECT_EQ(endpoint::parse(printed), read);
    EXPECT_EQ(endpoint::parse_for_listen(text), read);
  }
}

TEST(Endpoint, ForListen) {
  constexpr std::array rows{
      row{"8080", scheme::tcp, "", 8080, "tcp://:8080"},
      row{"0", scheme::tcp, "", 0, "tcp://:0"},
      row{":8080", scheme::tcp, "", 8080, "tcp://:8080"},
      row{"localhost", scheme::tcp, "localhost", 23456, "tcp://localhost:23456"},
      row{"localhost:1", scheme::tcp, "localhost", 1, "tcp://localhost:1"},
      row{"udp://:80", scheme::udp, "", 80, "udp://:80"},
      row{"[::1]:80", scheme::tcp, "::1", 80, "tcp://[::1]:80"},
      row{"127.0.0.1", scheme::tcp, "127.0.0.1", 23456, "tcp://127.0.0.1:23456"},
  };
  for (const auto& expected : rows) expect_read(expected, endpoint::parse_for_listen(expected.text));
  EXPECT_EQ(refused([] { return endpoint::parse_for_listen("99999"); }).code(), errc::out_of_range);
  EXPECT_EQ(refused([] { return endpoint::parse_for_listen("2130706433"); }).code(), errc::out_of_range);
  EXPECT_EQ(refused([] { return endpoint::parse_for_listen(""); }).code(), errc::malformed);
}

TEST(Endpoint, TwoWords) {
  struct {
    const char *host, *port, *printed;
  } constexpr rows[]{
      {"localhost", "80", "tcp://localhost:80"},
      {"::1", "80", "tcp://[::1]:80"},
      {"2001:db8::1:80", "80", "tcp://[2001:db8::1:80]:80"},
      {"[::1]", "http", "tcp://[::1]:80"},
      {"", "80", "tcp://:80"},
      {"2130706433", "80", "tcp://127.0.0.1:80"},
      {"<broadcast>", "80", "tcp://<broadcast>:80"},
      {"fe80::1%lo", "0", "tcp://[fe80::1%25lo]:0"},
  };
  for (const auto& [host, port, printed] : rows) EXPECT_EQ(endpoint::parse(host, port).to_string(), printed);
  EXPECT_EQ(refused([] { return endpoint::parse("localhost", "99999"); }).code(), errc::out_of_range);
  EXPECT_EQ(refused([] { return endpoint::parse("localhost", ""); }).code(), errc::malformed);
  EXPECT_EQ(refused([] { return endpoint::parse("localhost:80", "80"); }).code(), errc::malformed);
  EXPECT_EQ(refused([] { return endpoint::parse("tcp://localhost", "80"); }).code(), errc::malformed);
  EXPECT_EQ(refused([] { return endpoint::parse("localhost", "nope"); }).code(), errc::service_not_found);
}

TEST(Endpoint, ServiceNamesFollowTheTransport) {
  EXPECT_EQ(endpoint::parse("udp://localhost:ntp").port.number(), 123);
  EXPECT_EQ(endpoint::parse("udp://localhost").type(), ahoy::socket_type::datagram);
  EXPECT_EQ(endpoint::parse("localhost").type(), ahoy::socket_type::stream);
  EXPECT_EQ(endpoint::parse("unix:x").transport(), ahoy::transport::local);
}

// Each says which part is wrong and what would be taken.
TEST(Endpoint, RefusedText) {
  struct {
    std::string text;
    errc cause;
    const char *line, *hint;
  } const rows[]{
      {"", errc::malformed, "read endpoint \"\": malformed", "host:port"},
      {"23456", errc::malformed, "read endpoint \"23456\": malformed", "localhost:23456"},
      {"99999", errc::malformed, "read endpoint", "localhost:99999"},
      {"localhost:", errc::malformed, "read endpoint", "a port must follow"},
      {"tcp://localhost:", errc::malformed, "read endpoint", "a port must follow"},
      {":", errc::malformed, "read endpoint", "a port must follow"},
      {"localhost:99999", errc::out_of_range, "read port \"99999\": out of range", "65535"},
      {"localhost:-1", errc::out_of_range, "read port \"-1\": out of range", "65535"},
      {"localhost:+5", errc::malformed, "read port \"+5\"", "digits"},
      {"localhost: 80", errc::malformed, "read port \" 80\"", "digits"},
      {"localhost:nope", errc::service_not_found, "read port \"nope\": service not found", "/etc/services"},
      {"::1:80", errc::malformed, "read endpoint \"::1:80\": malformed", "[::1]:80 or [::1:80]"},
      {"fe80::1:2", errc::malformed, "read endpoint", "[fe80::1]:2 or [fe80::1:2]"},
      {"1:2:3:4:5:6:7:8:80", errc::malformed, "read endpoint", "[1:2:3:4:5:6:7:8]:80"},
      {"::1:99999", errc::malformed, "read endpoint", "[::1]:99999"},
      {"fe80::1%eth0:80", errc::malformed, "read endpoint", "[fe80::1%eth0]:80"},
      {"a:b:80", errc::malformed, "read endpoint", "one colon"},
      {"tcp:localhost:80", errc::malformed, "read endpoint", "one colon"},
      {"tcp://::1", errc::malformed, "read endpoint", "brackets: [::1]"},
      {"tcp://::1:80", errc::malformed, "read endpoint", "brackets"},
      {"[::1", errc::malformed, "read endpoint", "']'"},
      {"[]", errc::malformed, "read endpoint", "brackets hold an IPv6"},
      {"[localhost]:80", errc::malformed, "read endpoint", "brackets hold an IPv6"},
      {"[127.0.0.1]:80", errc::malformed, "read endpoint", "brackets hold an IPv6"},
      {"[::1]80", errc::malformed, "read endpoint", "a colon and a port"},
      {"[::1]:", errc::malformed, "read endpoint", "a colon and a port"},
      {"[fe80::1%25]x", errc::malformed, "read endpoint", "a colon and a port"},
      {"[::1]:x]", errc::malformed, "read port", "digits"},
      {"[fe80::1%]:80", errc::malformed, "read host", "interface"},
      {"tpc://localhost", errc::malformed, "read scheme \"tpc\": malformed", "tcp tls udp"},
      {"://localhost", errc::malformed, "read scheme \"\"", "tcp tls udp"},
      {"localhost:80/://x", errc::malformed, "read scheme", "tcp tls udp"},
      {"tcp://me@localhost", errc::malformed, "read endpoint", "tcp knows no user"},
      {"tcp://me:pass@localhost:80", errc::malformed, "read endpoint", "tcp knows no user"},
      {"tcp://localhost:80/x", errc::malformed, "read endpoint", "tcp knows no path"},
      {"tcp://localhost?x", errc::malformed, "read endpoint", "tcp knows no path"},
      {"tcp://localhost?", errc::malformed, "read endpoint", "tcp knows no path"},
      {"udp://localhost#x", errc::malformed, "read endpoint", "udp knows no path"},
      {"tls://localhost#x", errc::malformed, "read endpoint", "fingerprint"},
      {"tls://localhost#sha256=12", errc::malformed, "read endpoint", "fingerprint"},
      {"tls://localhost/x", errc::malformed, "read endpoint", "tls knows no path"},
      {"tcp://local host", errc::malformed, "read endpoint", "%20"},
      {"http://a/b\x1b[2J", errc::malformed, "read endpoint \"http://a/b\\x1b[2J\"", "%20"},
      {"http://a/b\0c"s, errc::malformed, "read endpoint", "%20"},
      {"http://", errc::malformed, "read endpoint", "a host must follow"},
      {"http:///path", errc::malformed, "read endpoint", "a host must follow"},
      {"http://me@", errc::malformed, "read endpoint", "a host must follow"},
      {"http://:80", errc::malformed, "read endpoint", "a host must follow"},
      {"/run/ahoy", errc::malformed, "read endpoint", "unix:///path"},
      {"localhost/x", errc::malformed, "read endpoint", "unix:///path"},
      {"localhost:80/x", errc::malformed, "read endpoint", "unix:///path"},
      {"unix:", errc::malformed, "read socket path \"\"", "path"},
      {"unix://", errc::malformed, "read endpoint", "unix:///absolute"},
      {"unix://run/ahoy", errc::malformed, "read endpoint", "unix:///absolute"},
      {"unix:@", errc::malformed, "read socket path", "abstract"},
      {"unix:/" + std::string(107, 'x'), errc::malformed, "read socket path", "107 bytes"},
      {"unix:/a\0b"s, errc::malformed, "read socket path", "NUL"},
      {"local host", errc::malformed, "read host \"local host\"", "dotted quad"},
      {"127.1", errc::malformed, "read host \"127.1\"", "leading zeros"},
      {"0x7f.1:80", errc::malformed, "read host \"0x7f.1\"", "leading zeros"},
      {"me@localhost", errc::malformed, "read host", "name"},
      {"\x1b[31m", errc::malformed, "read host \"\\x1b[31m\"", "name"},
      {"99999999999:80", errc::out_of_range, "read host \"99999999999\"", "4294967295"},
  };
  for (const auto& [text, cause, line, hint] : rows) {
    auto caught = refused([&] { return endpoint::parse(text); });
    EXPECT_EQ(caught.code(), cause) << text;
    EXPECT_TRUE(std::string_view(caught.what()).starts_with(line)) << text << ": " << caught.what();
    EXPECT_NE(caught.hint().find(hint), std::string::npos) << text << ": " << caught.hint();
  }
}

TEST(Endpoint, EveryByteIsTakenOrRefusedWithAnError) {
  for (const char* frame :
       {"?", "a?b", "tcp://?", "tcp://a?", "a:?", "[?]", "[::1]?", "http://a/?", "http://?@a", "unix:?"}) {
    for (int value = 0; value < 256; ++value) {
      std::string text(frame);
      text[text.find('?')] = static_cast<char>(value);
      try {
        auto read = endpoint::parse(text);
        EXPECT_EQ(endpoint::parse(read.to_string()), read) << frame << " " << value;
      } catch (const ahoy::error& caught) {
        EXPECT_NE(caught.hint(), "") << frame << " " << value;
      }
    }
  }
}

}  // namespace
