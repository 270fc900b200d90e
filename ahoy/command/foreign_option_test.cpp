#include <ahoy/command/foreign_option.hpp>
#include <ahoy/command/invocation.hpp>
#include <ahoy/command/option_table.hpp>
#include <ahoy/error/error.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace {

using ahoy::verb;
using words = std::vector<std::string_view>;

std::string hint(std::optional<verb> of, const words& given, std::string_view word) {
  return ahoy::foreign_option(of, given, word);
}
std::string alone(std::string_view word, std::optional<verb> of = std::nullopt) {
  return hint(of, {word}, word);
}

/// What follows the reason: the line to type.
std::string line(std::optional<verb> of, const words& given) {
  const auto text = hint(of, given, *std::ranges::find_if(given, [](auto each) { return each[0] == '-'; }));
  return text.substr(text.find("ahoy "));
}

TEST(foreign_option, is_known_by_every_spelling) {
  for (const auto* word : {"-p", "-p8080", "--port", "--port=8080", "-vp"})
    EXPECT_EQ(alone(word), "a port is a word, and no option: ahoy listen :8080" +
                               std::string(word[1] == 'v' ? " -v" : ""));
  EXPECT_TRUE(alone("-lu").starts_with("listening is a verb: ahoy listen udp://:8080"));
  EXPECT_TRUE(alone("--udp", verb::call).starts_with("the scheme says so: ahoy call udp://localhost:8080"));
  EXPECT_TRUE(alone("-k", verb::call).starts_with("curl's is --insecure"));
  EXPECT_TRUE(alone("-e/bin/ls").starts_with("that is --exec")) << "letters of a value are none";
}

TEST(foreign_option, is_nothing_else) {
  for (const auto* word : {"", "p", "port", "-", "--", "-x", "--nonsense", "--por"})
    EXPECT_EQ(alone(word), "") << word;
}

TEST(foreign_option, is_none_of_ours) {
  for (const auto& row : ahoy::option_table()) {
    EXPECT_EQ(alone(row.name), "") << row.name;
    EXPECT_EQ(alone(row.letter), "") << row.letter;
  }
}

struct meaning {
  std::optional<verb> of;
  words given;
  const char* line;
};

const std::vector<meaning>& meanings() {
  static const std::vector<meaning> all{
      {{}, {"-l", "8080"}, "ahoy listen :8080"},
      {{}, {"-lvp", "8080"}, "ahoy listen :8080 -v"},
      {{}, {"-l", "127.0.0.1", "8080"}, "ahoy listen 127.0.0.1:8080"},
      {{}, {"-u", "localhost", "53"}, "ahoy call udp://localhost:53"},
      {verb::call, {"--ssl", "localhost", "443"}, "ahoy call tls://localhost:443"},
      {verb::listen, {"--ssl", "9000"}, "ahoy listen tls://:9000"},
      {verb::call, {"--tls", "localhost", "443"}, "ahoy call tls://localhost:443"},
      {verb::listen, {"--tls", "9000"}, "ahoy listen tls://:9000"},
      {verb::call, {"-k", "tls://localhost:443"}, "ahoy call tls://localhost:443"},
      {verb::call, {"-u", "::1", "53"}, "ahoy call 'udp://[::1]:53'"},
      {verb::call, {"-u", "localhost:53"}, "ahoy call udp://localhost:53"},
      {verb::call, {"-p", "4000", "localhost", "80"}, "ahoy call localhost 80 --source :4000"},
      {verb::call,
       {"-s", "127.0.0.2", "-p90", "localhost", "80"},
       "ahoy call localhost 80 --source 127.0.0.2:90"},
      {verb::call, {"-p", "8080", "localhost"}, "ahoy call localhost 8080"},
      {verb::call, {"-p", "localhost", "8080"}, "ahoy call localhost 8080"},
      {verb::listen, {"-s", "127.0.0.1", "-p", "8080"}, "ahoy listen 127.0.0.1:8080"},
      {verb::listen, {"--chat", "-k", "9000"}, "ahoy listen :9000 --handler relay"},
      {verb::listen, {"--broker", "9000"}, "ahoy listen :9000 --handler relay"},
      {verb::listen, {"-m", "5", "9000"}, "ahoy listen :9000 --max-clients 5"},
      {verb::listen, {"9000", "--max-conns=5"}, "ahoy listen :9000 --max-clients 5"},
      {verb::call, {"-k", "localhost", "80"}, "ahoy call localhost 80"},
      {verb::call, {"-4w5", "localhost", "80"}, "ahoy call localhost 80 -4 --connect-timeout 5s"},
      {verb::call, {"-q", "0", "localhost", "80"}, "ahoy call localhost 80 --after-eof 0s"},
      {verb::call, {"-u", "--timeout", "5s", "localhost", "53"}, "ahoy call udp://localhost:53 --timeout 5s"},
      {verb::call, {"-q", "-1", "localhost", "80"}, "ahoy call localhost 80 --after-eof wait"},
      {verb::call, {"-w", "1.5", "localhost", "80"}, "ahoy call localhost 80 --connect-timeout 1.5s"},
      {verb::call, {"-w500ms", "localhost", "80"}, "ahoy call localhost 80 --connect-timeout 500ms"},
      {verb::send, {"-u", "localhost", "53", "--", "-l"}, "ahoy send udp://localhost:53 -- -l"},
      {verb::listen, {"-u", "9000", "--exec=cat", "-n"}, "ahoy listen udp://:9000 --exec cat -n"},
      {verb::call, {"-z", "localhost", "80"}, "ahoy call localhost 80 --after-eof close </dev/null"},
      {verb::listen, {"-e", "/bin/cat", "8080"}, "ahoy listen :8080 --exec /bin/cat"},
      {verb::listen, {"8080", "-c", "echo it's"}, "ahoy listen :8080 --exec sh -c 'echo it'\\''s'"},
      {verb::call, {"-e", "cat", "localhost", "80"}, "ahoy call localhost 80 <fifo | cat >fifo"},
      {verb::send, {"-u", "localhost", "53", "--", "-x"}, "ahoy send udp://localhost:53 -- -x"},
      {verb::call, {"-U", "/tmp/a b"}, "ahoy call 'unix:///tmp/a b'"},
      {verb::call, {"-U", "socket"}, "ahoy call unix:socket"},
      // nor is what ahoy would refuse
      {verb::call, {"-w", "-1", "localhost", "80"}, "ahoy call localhost 8080 --connect-timeout 5s"},
      {verb::call, {"-w", "0", "localhost", "80"}, "ahoy call localhost 8080 --connect-timeout 5s"},
      {verb::listen, {"-m", "x", "9000"}, "ahoy listen :8080 --max-clients 5"},
      {verb::listen, {"-e", "echo \"a b\"", "8080"}, "ahoy listen :8080 --exec cat"},
      {verb::listen, {"-k", "--hex", "--json", "9000"}, "ahoy listen :8080"},
      // what is not whole, or could not be typed, is an example
      {verb::call, {"-u", "a b", "99999"}, "ahoy call udp://localhost:8080"},
      {verb::call, {"-u", "--nonsense", "localhost", "53"}, "ahoy call udp://localhost:8080"},
      {verb::call, {"-u", "localhost", "53", "54"}, "ahoy call udp://localhost:8080"},
      {verb::call, {"-u", "--max-clients", "5", "localhost", "53"}, "ahoy call udp://localhost:8080"},
  };
  return all;
}

TEST(foreign_option, is_a_line_to_type) {
  for (const auto& [of, given, expected] : meanings()) EXPECT_EQ(line(of, given), expected) << given[0];
}

TEST(line_for, calls_one_port_after_the_other) {
  EXPECT_EQ(ahoy::line_for(verb::call, words{"localhost", "20-30"}),
            "for port in $(seq 20 30); do ahoy call localhost $port --after-eof close </dev/null && echo "
            "$port; done");
}

TEST(line_for, lets_the_shell_put_each_port_in) {
  const auto call_of = [](const words& given) {
    const auto line = ahoy::line_for(verb::call, given).value_or("do  --");
    const auto from = line.find("do ") + 3;
    return line.substr(from, line.find(" --") - from);
  };
  EXPECT_EQ(call_of({"-u", "localhost", "20-30"}), "ahoy call udp://localhost:$port");
  EXPECT_EQ(call_of({"-u", "::1", "20-30"}), "ahoy call 'udp://[::1]:'$port");
  EXPECT_EQ(call_of({"localhost", "20-30"}), "ahoy call localhost $port");
  EXPECT_EQ(ahoy::line_for(verb::send, words{"localhost", "80", "$port"}), "ahoy send localhost 80 '$port'");
}

TEST(line_for, calls_no_ports_that_are_none) {
  for (const auto* ports : {"2-99999", "30-20", "0-20", "1-65536", "20-"})
    EXPECT_EQ(ahoy::line_for(verb::call, words{"localhost", ports}), std::nullopt) << ports;
  EXPECT_EQ(ahoy::line_for(verb::bench, words{"localhost", "9-10"}), std::nullopt) << "it has no --after-eof";
  EXPECT_EQ(ahoy::line_for(verb::call, words{"-e", "cat", "localhost", "9-10"}), std::nullopt);
  EXPECT_EQ(ahoy::line_for(verb::call, words{"-z", "-e", "cat", "localhost", "9"}), std::nullopt);
  EXPECT_TRUE(ahoy::line_for(verb::call, words{"localhost", "9-10"}).has_value());
  EXPECT_TRUE(ahoy::line_for(verb::call, words{"localhost", "1-65535"}).has_value());
}

TEST(foreign_option, says_no_more_than_why_where_even_the_example_could_not_be_typed) {
  EXPECT_EQ(alone("-p99999"), "a port is a word, and no option");
  EXPECT_EQ(alone("-w-1", verb::call), "--connect-timeout limits connecting, --timeout the whole run");
}

TEST(line_for, needs_somebody_to_talk_to) {
  EXPECT_EQ(ahoy::line_for(verb::call, {}), std::nullopt);
  EXPECT_EQ(ahoy::line_for(verb::call, words{"http://localhost"}), std::nullopt);
  EXPECT_EQ(ahoy::line_for(verb::call, words{"localhost"}), "ahoy call localhost");
}

}  // namespace
