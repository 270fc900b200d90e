#include <ahoy/command/explain.hpp>
#include <ahoy/command/invocation.hpp>
#include <ahoy/command/option_table.hpp>
#include <ahoy/command/value_text.hpp>
#include <ahoy/command/values.hpp>
#include <ahoy/command/wrapped.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;
using words = std::vector<std::string_view>;

std::string explained(ahoy::verb verb, const words& given) {
  const auto asked = ahoy::parse_invocation(verb, given);
  if (const auto* call = std::get_if<ahoy::call_options>(&asked)) return explain(*call);
  if (const auto* send = std::get_if<ahoy::send_options>(&asked)) return explain(*send);
  return explain(std::get<ahoy::listen_options>(asked));
}

TEST(explain, names_what_is_resolved) {
  const auto text = explained(ahoy::verb::send, {"localhost", "80", "hi", "there"});
  EXPECT_THAT(text, HasSubstr("look up       localhost\n"));
  EXPECT_THAT(text, HasSubstr("tcp://localhost:80, within 10s\n"));
  EXPECT_THAT(text, HasSubstr("2 messages of 7 bytes together; line framing\n"));
  EXPECT_THAT(text, HasSubstr("confirm       closed: "));
  EXPECT_THAT(explained(ahoy::verb::send, {"udp://127.0.0.1", "x"}), HasSubstr("confirm       sent: "));
}

TEST(explain, tells_the_end) {
  EXPECT_THAT(explained(ahoy::verb::call, {"x:1"}), HasSubstr("receive until the peer ends its half\n"));
  EXPECT_THAT(explained(ahoy::verb::call, {"x:1", "--after-eof=2s"}),
              HasSubstr("ends its half, at most 2s\n"));
  EXPECT_THAT(explained(ahoy::verb::call, {"x:1", "--after-eof=close"}),
              HasSubstr("close once what was sent is acknowledged\n"));
  EXPECT_THAT(explained(ahoy::verb::call, {"udp://x:1"}), HasSubstr("what comes in byte for byte"));
  EXPECT_THAT(explained(ahoy::verb::call, {"udp://x:1", "--framing=line"}),
              HasSubstr("a datagram on a line"));
  EXPECT_THAT(explained(ahoy::verb::call, {"x:1", "--after-eof=wait"}),
              HasSubstr("keep our half open, and receive until the peer ends its half\n"));
  EXPECT_THAT(explained(ahoy::verb::call, {"udp://x:1"}), HasSubstr("listen 1s more"));
  EXPECT_THAT(explained(ahoy::verb::call, {"udp://x:1", "--after-eof=500ms"}),
              HasSubstr("listen 500ms more"));
}

TEST(explain, tells_how_callers_are_served) {
  const auto text =
      explained(ahoy::verb::listen, {"80", "udp://:90", "--allow=10.0.0.0/8", "--max-clients=3"});
  EXPECT_THAT(text, HasSubstr("listen on     tcp://:80\n  listen on     udp://:90\n"));
  EXPECT_THAT(text, HasSubstr("at most 3 callers"));
  EXPECT_THAT(text, HasSubstr("from 10.0.0.0/8\n"));
  EXPECT_THAT(explained(ahoy::verb::listen, {"80", "--deny=10.0.0.0/8"}),
              HasSubstr("from everywhere, not from 10.0.0.0/8\n"));
  const auto exec = explained(ahoy::verb::listen, {"--exec", "sh", "-c", "echo  'x'"});
  EXPECT_THAT(exec, HasSubstr("the program sh -c 'echo  '\\''x'\\'''\n"));
  EXPECT_THAT(exec, Not(HasSubstr("slow is")));
}

TEST(explain, tells_of_the_one_caller) {
  const auto text = explained(ahoy::verb::listen, {"80", "--once"});
  EXPECT_THAT(text, HasSubstr("admit         one caller, from everywhere\n"));
  EXPECT_THAT(text, HasSubstr("its half ends our input, too\n"));
  EXPECT_THAT(text, HasSubstr("at its end    close our half (FIN), and receive"));
  for (const auto* on : {"80", "udp://:80"})
    EXPECT_THAT(explained(ahoy::verb::listen, {on}), Not(HasSubstr("at its end")));
  EXPECT_THAT(explained(ahoy::verb::listen, {"udp://:80", "--once"}), Not(HasSubstr("at its end")));
}

TEST(explain, tells_the_verbs_own_statuses) {
  EXPECT_THAT(explained(ahoy::verb::listen, {"80"}),
              HasSubstr("one of 0 1 2 6 23 26 28 45 63: see `ahoy help listen`\n"));
  EXPECT_THAT(explained(ahoy::verb::call, {"x:1"}),
              HasSubstr("one of 0 1 2 6 7 8 18 23 26 28 35 45 55 56 60 63: see"));
  EXPECT_THAT(explained(ahoy::verb::send, {"x:1"}),
              HasSubstr("one of 0 1 2 6 7 8 18 22 23 26 28 35 45 55 56 60 63 67 78: see"));
}

TEST(explain, tells_a_source_without_a_host) {
  for (const auto* source : {"--source=5000", "--source=:5000"})
    EXPECT_THAT(explained(ahoy::verb::call, {"x:1", source}), HasSubstr("port 5000 of an address that"));
  EXPECT_THAT(explained(ahoy::verb::call, {"x:1", "--source=::1"}), HasSubstr("from          ::1\n"));
}

TEST(explain, shows_no_control_byte) {
  EXPECT_THAT(explained(ahoy::verb::listen, {"--handler=greet", "--greeting=\x1b[2J"}),
              HasSubstr("\"\\x1b[2J\""));
}

TEST(value_text, reads_back_to_the_same) {
  for (const ahoy::duration each : {ahoy::duration(0), ahoy::duration(1500ms), ahoy::duration(90s),
                                    ahoy::duration(2h), ahoy::duration(1), ahoy::duration(1'000'000'007)})
    EXPECT_EQ(ahoy::parse_duration("it", ahoy::duration_text(each)), each) << ahoy::duration_text(each);
  EXPECT_EQ(ahoy::duration_text(ahoy::no_timeout), "none");
  EXPECT_EQ(ahoy::duration_text(1min), "1m");
  for (const std::uint64_t each : {0ULL, 1ULL, 1023ULL, 1024ULL, 4ULL << 20, 3ULL << 30})
    EXPECT_EQ(ahoy::parse_size("it", ahoy::size_text(each)), each) << ahoy::size_text(each);
  EXPECT_EQ(ahoy::size_text(4 << 20), "4m");
}

TEST(value_text, quotes_what_a_shell_would_read) {
  EXPECT_EQ(ahoy::quoted_word("a-b/c=1"), "a-b/c=1");
  EXPECT_EQ(ahoy::quoted_word(""), "''");
  EXPECT_EQ(ahoy::quoted_word("a b"), "'a b'");
  EXPECT_EQ(ahoy::quoted_word("it's"), "'it'\\''s'");
}

TEST(wrapped, fills_lines) {
  EXPECT_EQ(ahoy::wrapped("aa bb cc", 2, 7), "  aa bb\n  cc\n");
  EXPECT_EQ(ahoy::wrapped("aa bbbbbbbbbb cc", 0, 4), "aa\nbbbbbbbbbb\ncc\n");
  EXPECT_EQ(ahoy::wrapped("", 2, 7), "");
  EXPECT_EQ(ahoy::wrapped_after("  a ", "b", 6), "  a   b\n");
  EXPECT_EQ(ahoy::wrapped_after("  abcde ", "b", 6), "  abcde\n      b\n");
}

}  // namespace
