#include <ahoy/command/known_hosts.hpp>
#include <ahoy/error/error.hpp>

#include <gtest/gtest.h>

#include <string>

namespace {

using ahoy::endpoint;

const std::string key(64, 'a');
const std::string other(64, 'b');

TEST(known_hosts, finds_a_server_by_its_host_and_port) {
  const std::string text =
      "# mine\ntls://localhost:1 sha256=" + key + "\ntls://localhost:12 sha256=" + other + " # by phone\n";
  const auto found = ahoy::find_known_host(text, endpoint::parse("tls://LOCALHOST:1"));
  ASSERT_TRUE(found);
  EXPECT_EQ(found->key, key);
  EXPECT_EQ(found->line, 2U);
  EXPECT_EQ(ahoy::find_known_host(text, endpoint::parse("tls://localhost:12"))->key, other);
  EXPECT_FALSE(ahoy::find_known_host(text, endpoint::parse("tls://localhost:2")));
  EXPECT_FALSE(ahoy::find_known_host(text, endpoint::parse("tls://ocalhost:1")));
}

/// Else a changed key would be news to one who writes the name in another way.
TEST(known_hosts, a_server_is_the_same_however_its_name_is_written) {
  const std::string text = "tls://localhost:1 sha256=" + key +
                           "\ntls://xn--bcher-kva.example:1 sha256=" + key + "\ntls://[::1]:1 sha256=" + key +
                           "\n";
  for (const char* written :
       {"tls://:1", "tls://localhost.:1", "tls://LocalHost:1", "tls://b\u00fccher.example:1",
        "tls://B\u00dcCHER.example.:1", "tls://[0:0::1]:1"})
    EXPECT_TRUE(ahoy::find_known_host(text, endpoint::parse(written))) << written;
  const std::string made = ahoy::with_known_host(text, endpoint::parse("tls://Localhost.:1"), other);
  EXPECT_EQ(ahoy::find_known_host(made, endpoint::parse("tls://localhost:1"))->key, other);
}

TEST(known_hosts, refuses_what_it_cannot_read_of_that_server) {
  for (const std::string& line : {std::string{"tls://h:1"}, std::string{"tls://h:1 sha256="},
                                  "tls://h:1 sha256=" + key.substr(1), "tls://h:1 sha256=" + key + "a",
                                  "tls://h:1 md5=" + key, "tls://h:1 sha256=" + std::string(64, 'A')}) {
    EXPECT_THROW(static_cast<void>(ahoy::find_known_host(line + "\n", endpoint::parse("tls://h:1"))),
                 ahoy::error)
        << line;
    EXPECT_FALSE(ahoy::find_known_host(line + "\n", endpoint::parse("tls://h:2"))) << line;
  }
  EXPECT_FALSE(ahoy::find_known_host(std::string(100, '\0') + "\n", endpoint::parse("tls://h:1")));
}

TEST(known_hosts, a_new_key_takes_the_place_of_the_old_one_alone) {
  const endpoint server = endpoint::parse("tls://[::1]:5#sha256=" + other);
  const std::string text = "junk\ntls://[::1]:5 sha256=" + key + "\ntls://h:1 sha256=" + key;
  EXPECT_EQ(ahoy::with_known_host(text, server, other),
            "junk\ntls://h:1 sha256=" + key + "\ntls://[::1]:5 sha256=" + other + "\n");
  EXPECT_EQ(ahoy::with_known_host("", server, other), "tls://[::1]:5 sha256=" + other + "\n");
}

}  // namespace
