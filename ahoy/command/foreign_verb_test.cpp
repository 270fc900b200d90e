#include <ahoy/command/foreign_address.hpp>
#include <ahoy/command/foreign_verb.hpp>

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

namespace {

using words = std::vector<std::string_view>;

struct row {
  words given;
  const char* hint;
};

TEST(foreign_verb, is_a_line_to_type) {
  const std::vector<row> rows{
      {{"localhost", "80"}, "a verb comes first: ahoy call localhost 80"},
      {{"::1", "80"}, "a verb comes first: ahoy call ::1 80"},
      {{"localhost:80"}, "a verb comes first: ahoy call localhost 80"},
      {{"udp://localhost:80"}, "a verb comes first: ahoy call udp://localhost:80"},
      {{":80"}, "a verb comes first: ahoy listen :80"},
      {{"80"}, "a verb comes first: ahoy listen 80, or ahoy call HOST 80"},
      {{"localhost", "80", "hello"}, "a verb comes first: ahoy send localhost 80 hello"},
      {{"connect", "localhost", "80"}, "the verb is call: ahoy call localhost 80"},
      {{"Connect"}, "the verb is call: `ahoy help call` says more"},
      {{"server", "8080"}, "the verb is listen: ahoy listen :8080"},
      {{"server", "localhost", "8080"}, "the verb is listen: ahoy listen localhost:8080"},
      {{"nc", "-l", "8080"}, "that is here: ahoy listen :8080"},
      {{"socat", "-", "TCP:localhost:80"}, "that is here: ahoy call localhost 80"},
      {{"ncat", "-l", "80", "--exec", "/bin/cat -n", "-k"},
       "that is here: ahoy listen :80 --exec /bin/cat -n"},
      {{"ncat", "--exec=cat -n", "-l", "80"}, "that is here: ahoy listen :80 --exec cat -n"},
      {{"ncat", "-l", "80", "--sh-exec", "a | b", "-v"},
       "that is here: ahoy listen :80 -v --exec sh -c 'a | b'"},
      {{"server", "80", "--exec", "cat", "-n", "-k"}, "the verb is listen: ahoy listen :80 --exec cat -n -k"},
      {{"socat", "localhost", "80"}, ""},
      {{"nc", "localhost", "30-20"}, ""},
      {{"99999"}, ""},
      {{"0"}, ""},
      {{"localhost"}, ""},
      {{"a b", "80"}, ""},
      {{""}, ""},
  };
  for (const auto& [given, hint] : rows) EXPECT_EQ(ahoy::foreign_verb(given), hint);
}

TEST(foreign_verb, comes_before_options) {
  EXPECT_EQ(ahoy::with_verb_first(words{"-4", "localhost", "80"}), "ahoy call localhost 80 -4");
  EXPECT_EQ(ahoy::with_verb_first(words{"--hex", "call", "localhost"}), "ahoy call localhost --hex");
  EXPECT_EQ(ahoy::with_verb_first(words{"--hex"}), "");
  EXPECT_EQ(ahoy::with_verb_first(words{"--model", "event", "call", "localhost"}), "");
}

TEST(line_for_addresses, is_socats) {
  const std::vector<row> rows{
      {{"TCP-LISTEN:9000,fork"}, "ahoy listen :9000"},
      {{"tcp-listen:9000"}, "ahoy listen :9000 --once"},
      {{"TCP4-LISTEN:9000,reuseaddr,fork,bind=127.0.0.1"}, "ahoy listen 127.0.0.1:9000 -4"},
      {{"-", "TCP:localhost:80"}, "ahoy call localhost 80"},
      {{"TCP:localhost:80", "STDIO"}, "ahoy call localhost 80"},
      {{"TCP6:[::1]:80"}, "ahoy call '[::1]' 80 -6"},
      {{"TCP:localhost:80,bind=127.0.0.1"}, "ahoy call localhost 80 --source 127.0.0.1"},
      {{"UDP:localhost:80"}, "ahoy call udp://localhost:80"},
      {{"UDP-RECVFROM:90,fork"}, "ahoy listen udp://:90"},
      {{"UNIX-CONNECT:/tmp/x"}, "ahoy call unix:///tmp/x"},
      {{"UNIX-LISTEN:/tmp/x,fork"}, "ahoy listen unix:///tmp/x"},
      {{"TCP-LISTEN:9000,fork", "TCP:localhost:80"}, "ahoy listen :9000 --exec ahoy call localhost 80"},
      {{"TCP-LISTEN:9000,fork", "EXEC:tr a-z A-Z"}, "ahoy listen :9000 --exec tr a-z A-Z"},
      {{"TCP-LISTEN:9000,fork", "SYSTEM:date; id"}, "ahoy listen :9000 --exec sh -c 'date; id'"},
  };
  for (const auto& [given, line] : rows) EXPECT_EQ(ahoy::line_for_addresses(given), line) << given[0];
}

TEST(line_for_addresses, says_what_each_option_says) {
  const std::vector<row> rows{
      {{"TCP-LISTEN:80,fork,range=10.0.0.0/8"}, "ahoy listen :80 --allow 10.0.0.0/8"},
      {{"TCP-LISTEN:80,FORK,ReuseAddr,reuseport"}, "ahoy listen :80"},
      {{"TCP:a:80,connect-timeout=5"}, "ahoy call a 80 --connect-timeout 5s"},
      {{"TCP:a:80,connect-timeout=1.5"}, "ahoy call a 80 --connect-timeout 1.5s"},
      {{"TCP:a:80,sourceport=4000"}, "ahoy call a 80 --source :4000"},
      {{"TCP:a:80,bind=127.0.0.1,sourceport=4000"}, "ahoy call a 80 --source 127.0.0.1:4000"},
  };
  for (const auto& [given, line] : rows) EXPECT_EQ(ahoy::line_for_addresses(given), line) << given[0];
}

TEST(line_for_addresses, leaves_no_option_out) {
  for (const auto* word :
       {"TCP-LISTEN:80,fork,su=nobody", "TCP-LISTEN:80,fork,range=10.0.0.0:255.0.0.0",
        "TCP-LISTEN:80,fork,range=10.0.0.0/8,range=::1", "TCP-LISTEN:80,sourceport=4000",
        "TCP-LISTEN:80,connect-timeout=5", "TCP-LISTEN:80,tcpwrap", "TCP-LISTEN:80,fork=0",
        "TCP-LISTEN:80,reuseaddr=0", "TCP-LISTEN:127.0.0.1:80,bind=127.0.0.2", "TCP-LISTEN:80,bind",
        "TCP:a:80,fork", "TCP:a:80,range=10.0.0.0/8", "TCP:a:80,connect-timeout=5m",
        "TCP:a:80,connect-timeout=", "TCP:a:80,sourceport=x", "UNIX-LISTEN:/tmp/x,fork,mode=600",
        "UNIX-LISTEN:/tmp/x,fork,range=10.0.0.0/8", "UNIX:/tmp/x,bind=/tmp/y"})
    EXPECT_EQ(ahoy::line_for_addresses(words{word}), std::nullopt) << word;
  EXPECT_EQ(ahoy::line_for_addresses(words{"TCP-LISTEN:80,fork", "EXEC:sh,nofork"}), std::nullopt);
  EXPECT_EQ(ahoy::foreign_verb(words{"socat", "TCP-LISTEN:80,fork,range=10.0.0.0/8,su=nobody", "EXEC:sh"}),
            "");
}

TEST(line_for_addresses, has_one_of_each_kind) {
  for (const auto& given : std::vector<words>{{"TCP:a:1", "TCP:b:2"},
                                              {"TCP-LISTEN:1", "TCP-LISTEN:2"},
                                              {"TCP-LISTEN:1", "EXEC:cat", "EXEC:tac"},
                                              {"EXEC:cat", "TCP-LISTEN:1", "TCP:a:2"},
                                              {"-", "-", "TCP:a:2"}})
    EXPECT_EQ(ahoy::line_for_addresses(given), std::nullopt) << given[0];
}

TEST(line_for_addresses, does_not_read_quotes) {
  for (const auto* word : {"exec:sh -c \"echo hi\"", "exec:sh -c 'echo hi'", "EXEC:a\\,b",
                           "SYSTEM:echo \"a\"", "EXEC: ", "EXEC:a!!EXEC:b"})
    EXPECT_EQ(ahoy::line_for_addresses(words{"TCP-LISTEN:9000,fork", word}), std::nullopt) << word;
}

TEST(line_for_addresses, is_of_nothing_else) {
  for (const auto& given : std::vector<words>{{"-"},
                                              {"localhost:80"},
                                              {"TCP-LISTEN:"},
                                              {"TCP:localhost:99999"},
                                              {"TCP:localhost:0"},
                                              {"TCP:localhost:20-30"},
                                              {"TCP-LISTEN:20-30"},
                                              {"TCP-LISTEN:80,fork", "TCP:localhost:99999"},
                                              {"TCP4:[::1]:80"},
                                              {"PTY,link=x"},
                                              {""},
                                              {"EXEC:cat"}})
    EXPECT_EQ(ahoy::line_for_addresses(given), std::nullopt) << given[0];
}

TEST(is_foreign_address, leaves_hosts_alone) {
  for (const auto* word :
       {"tcp:80", "exec:80", "my-host:80", "unix:/tmp/x", "tcp://tcp-listen:80", "tcp-listen"})
    EXPECT_FALSE(ahoy::is_foreign_address(word)) << word;
  for (const auto* word : {"TCP-LISTEN:9000,fork", "UNIX-CONNECT:/tmp/x", "TCP4:localhost:80"})
    EXPECT_TRUE(ahoy::is_foreign_address(word)) << word;
}

}  // namespace
