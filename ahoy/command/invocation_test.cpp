#include <ahoy/command/defaults.hpp>
#include <ahoy/command/invocation.hpp>
#include <ahoy/command/usage_error.hpp>

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

namespace {

using words = std::vector<std::string_view>;
using namespace std::chrono_literals;

ahoy::listen_options listen(const words& given) {
  return std::get<ahoy::listen_options>(ahoy::parse_invocation(ahoy::verb::listen, given));
}
ahoy::call_options call(const words& given) {
  return std::get<ahoy::call_options>(ahoy::parse_invocation(ahoy::verb::call, given));
}
ahoy::send_options send(const words& given) {
  return std::get<ahoy::send_options>(ahoy::parse_invocation(ahoy::verb::send, given));
}

ahoy::bench_options bench(const words& given) {
  return std::get<ahoy::bench_options>(ahoy::parse_invocation(ahoy::verb::bench, given));
}

std::error_code refused(ahoy::verb verb, const words& given) {
  try {
    static_cast<void>(ahoy::parse_invocation(verb, given));
  } catch (const ahoy::error& failure) {
    return failure.code();
  }
  return {};
}

std::string endpoint_text(const words& given) { return call(given).to.to_string(); }

TEST(invocation, call_takes_one_word_or_two) {
  EXPECT_EQ(endpoint_text({"localhost"}), "tcp://localhost:23456");
  EXPECT_EQ(endpoint_text({"localhost", "80"}), "tcp://localhost:80");
  EXPECT_EQ(endpoint_text({"localhost:80"}), "tcp://localhost:80");
  EXPECT_EQ(endpoint_text({"udp://localhost"}), "udp://localhost:23456");
  EXPECT_EQ(endpoint_text({"[::1]:80"}), "tcp://[::1]:80");
  EXPECT_EQ(endpoint_text({"::1", "80"}), "tcp://[::1]:80");
  EXPECT_EQ(endpoint_text({"[::1]", "80"}), "tcp://[::1]:80");
  EXPECT_EQ(endpoint_text({"fe80::1:80", "90"}), "tcp://[fe80::1:80]:90");
  EXPECT_EQ(endpoint_text({"2130706433", "80"}), "tcp://127.0.0.1:80");
  EXPECT_EQ(endpoint_text({"unix:///tmp/x"}), "unix:///tmp/x");
  EXPECT_EQ(endpoint_text({"", "80"}), "tcp://:80");
}

TEST(invocation, call_takes_no_more) {
  EXPECT_EQ(refused(ahoy::verb::call, {}), ahoy::usage_errc::missing);
  EXPECT_EQ(refused(ahoy::verb::call, {"localhost:80", "90"}), ahoy::usage_errc::surplus);
  EXPECT_EQ(refused(ahoy::verb::call, {"localhost", "80", "x"}), ahoy::usage_errc::surplus);
  EXPECT_EQ(refused(ahoy::verb::call, {"unix:/x", "80"}), ahoy::usage_errc::surplus);
}

TEST(invocation, bench_has_defaults_for_each_form) {
  EXPECT_EQ(bench({"localhost", "80"}).connections, 64U);
  EXPECT_EQ(bench({"localhost", "80"}).length, 5s);
  EXPECT_EQ(bench({"localhost", "80", "--count", "7"}).length, ahoy::no_timeout);
  EXPECT_EQ(bench({"localhost", "80", "--count", "7", "--duration=1s"}).length, 1s);
  EXPECT_EQ(bench({"connect", "localhost", "80"}).to.to_string(), "tcp://localhost:80");
  EXPECT_EQ(bench({"connect", "localhost", "80"}).connections, 10U);
  EXPECT_EQ(bench({"tcp://connect", "--size=1k"}).size, 1024U);
  EXPECT_EQ(bench({"models"}).count, 5000U);
  EXPECT_EQ(bench({"models"}).size, 4000U);
  EXPECT_EQ(bench({"models", "--count", "7"}).count, 7U);
}

TEST(invocation, bench_opens_no_more_than_have_a_share) {
  EXPECT_EQ(bench({"localhost", "80", "--count", "10"}).connections, 10U);
  EXPECT_EQ(bench({"localhost", "80", "--count", "100"}).connections, 64U);
  EXPECT_EQ(bench({"connect", "localhost", "80", "--count", "3", "--connections", "5"}).connections, 3U);
}

TEST(invocation, bench_refuses_what_would_have_no_effect) {
  EXPECT_EQ(refused(ahoy::verb::bench, {"models", "--depth", "2"}), ahoy::usage_errc::contradictory);
  EXPECT_EQ(refused(ahoy::verb::bench, {"x", "--duration", "none"}), ahoy::usage_errc::contradictory);
  EXPECT_EQ(refused(ahoy::verb::bench, {"connect", "udp://x:9"}), ahoy::usage_errc::contradictory);
  EXPECT_EQ(refused(ahoy::verb::bench, {"udp://x:9", "--size=7"}), ahoy::usage_errc::contradictory);
  EXPECT_EQ(refused(ahoy::verb::bench, {"udp://x:9", "--size=65508"}), ahoy::usage_errc::contradictory);
  EXPECT_EQ(bench({"udp://x:9", "--size=8"}).size, 8U);
  EXPECT_EQ(refused(ahoy::verb::bench, {"connect"}), ahoy::usage_errc::missing);
}

TEST(invocation, send_takes_messages_after_the_endpoint) {
  EXPECT_EQ(send({"localhost", "80", "a", "b"}).messages, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(send({"localhost:80", "90"}).messages, std::vector<std::string>{"90"});
  EXPECT_EQ(send({"udp://localhost", "90"}).messages, std::vector<std::string>{"90"});
  EXPECT_EQ(send({"[::1]:80", "90"}).messages, std::vector<std::string>{"90"});
  EXPECT_EQ(send({"localhost", "80"}).messages, std::vector<std::string>{});
  EXPECT_EQ(refused(ahoy::verb::send, {"localhost", "hello"}), ahoy::errc::service_not_found);
}

TEST(invocation, send_takes_the_word_after_an_inet6_address_for_its_port) {
  for (const auto* host : {"::1", "[::1]"}) {
    EXPECT_EQ(send({host, "90", "x"}).to.to_string(), "tcp://[::1]:90");
    EXPECT_EQ(send({host, "90", "x"}).messages, std::vector<std::string>{"x"});
    EXPECT_EQ(send({host, "90"}).messages, std::vector<std::string>{});
    EXPECT_EQ(refused(ahoy::verb::send, {host, "hello"}), ahoy::errc::service_not_found);
  }
  EXPECT_EQ(send({"::1"}).to.to_string(), "tcp://[::1]:23456");
  EXPECT_EQ(send({"2001:db8:1:2:3:4:5:80", "90"}).to.to_string(), "tcp://[2001:db8:1:2:3:4:5:80]:90");
  EXPECT_EQ(send({"[fe80::1:80]", "90", "x"}).to.to_string(), "tcp://[fe80::1:80]:90");
  EXPECT_EQ(refused(ahoy::verb::send, {"fe80::1:80", "90", "x"}), ahoy::errc::malformed);
}

TEST(invocation, a_peer_has_a_port_in_range) {
  EXPECT_EQ(refused(ahoy::verb::call, {"localhost", "99999"}), ahoy::errc::out_of_range);
  EXPECT_EQ(refused(ahoy::verb::call, {"localhost:65536"}), ahoy::errc::out_of_range);
  EXPECT_EQ(refused(ahoy::verb::call, {"localhost:0"}), ahoy::errc::out_of_range);
  EXPECT_EQ(refused(ahoy::verb::call, {"8080"}), ahoy::errc::malformed);
}

TEST(invocation, each_word_of_listen_is_an_endpoint) {
  const auto given = listen({"80", ":90", "localhost", "unix:/tmp/x", "0"});
  ASSERT_EQ(given.on.size(), 5U);
  EXPECT_EQ(given.on[0].to_string(), "tcp://:80");
  EXPECT_EQ(given.on[1].to_string(), "tcp://:90");
  EXPECT_EQ(given.on[2].to_string(), "tcp://localhost:23456");
  EXPECT_EQ(given.on[3].to_string(), "unix:///tmp/x");
  EXPECT_EQ(given.on[4].to_string(), "tcp://:0");
  ASSERT_EQ(listen({}).on.size(), 1U);
  EXPECT_EQ(listen({}).on[0].to_string(), "tcp://:23456");
}

TEST(invocation, schemes_of_later_versions_are_named_as_such) {
  for (const auto* scheme : {"ahoy", "ahoy+tcp"})
    for (const auto verb : ahoy::all_verbs)
      EXPECT_EQ(refused(verb, {std::string(scheme) + "://localhost"}), ahoy::usage_errc::not_yet) << scheme;
  EXPECT_EQ(refused(ahoy::verb::call, {"htpt://localhost"}), ahoy::errc::malformed);
}

TEST(invocation, each_verb_has_its_schemes) {
  for (const auto* url : {"telnet://localhost", "tcp://localhost:1", "unix:///tmp/x"})
    EXPECT_EQ(refused(ahoy::verb::fetch, {url}), ahoy::usage_errc::contradictory) << url;
  EXPECT_EQ(refused(ahoy::verb::send, {"gopher://localhost"}), ahoy::usage_errc::contradictory);
  EXPECT_EQ(refused(ahoy::verb::call, {"http://localhost"}), ahoy::usage_errc::contradictory);
  EXPECT_EQ(refused(ahoy::verb::fetch, {"localhost/x"}), ahoy::errc::malformed);
  EXPECT_EQ(refused(ahoy::verb::fetch, {}), ahoy::usage_errc::missing);
}

TEST(invocation, an_option_goes_with_its_schemes) {
  EXPECT_EQ(refused(ahoy::verb::fetch, {"ftp://localhost/x", "--location"}), ahoy::usage_errc::contradictory);
  EXPECT_EQ(refused(ahoy::verb::send, {"ftp://localhost/x", "--method=PUT"}),
            ahoy::usage_errc::contradictory);
  EXPECT_EQ(refused(ahoy::verb::send, {"x:1", "--append"}), ahoy::usage_errc::contradictory);
  EXPECT_EQ(refused(ahoy::verb::fetch, {"http://localhost/x", "--resume"}), ahoy::usage_errc::contradictory);
  EXPECT_EQ(refused(ahoy::verb::send, {"http://localhost/x", "--resume"}), ahoy::usage_errc::contradictory);
}

TEST(invocation, a_user_is_taken_out_of_a_url) {
  const auto given = std::get<ahoy::fetch_options>(
      ahoy::parse_invocation(ahoy::verb::fetch, words{"http://al%69ce:a%3Ab@localhost/x"}));
  EXPECT_EQ(given.user, "alice");
  EXPECT_EQ(given.password, "a:b");
  EXPECT_EQ(given.to.to_string(), "http://localhost/x");
  EXPECT_EQ(refused(ahoy::verb::fetch, {"http://a%0:b@localhost/"}), ahoy::errc::malformed);
}

TEST(invocation, defaults_are_the_contracts) {
  const auto given = listen({});
  EXPECT_EQ(given.server.model, ahoy::model::event);
  EXPECT_EQ(given.server.backlog, SOMAXCONN);
  EXPECT_EQ(given.server.drain, 2s);
  EXPECT_EQ(given.server.idle_timeout, ahoy::no_timeout);
  EXPECT_EQ(given.message_timeout, ahoy::no_timeout);
  EXPECT_EQ(given.max_message, 1024U * 1024);
  EXPECT_EQ(given.room.queue, 4U * 1024 * 1024);
  EXPECT_EQ(given.room.slow_after, 2s);
  EXPECT_EQ(given.room.slow, ahoy::slow_policy::disconnect);
  EXPECT_EQ(given.connect_timeout, 10s);
  EXPECT_EQ(given.timeout, ahoy::no_timeout);
  EXPECT_EQ(given.handler, "talk");
  EXPECT_EQ(given.greeting, "Thank you for connecting");
  EXPECT_TRUE(given.commands);
  EXPECT_EQ(given.handshake_timeout, 10s);
  EXPECT_EQ(given.server.workers, 0U);
}

TEST(invocation, options_reach_their_fields) {
  const auto given = listen({":80",
                             "udp://:80",
                             "--model=iterative",
                             "--backlog",
                             "5",
                             "--max-clients",
                             "7",
                             "--max-message",
                             "2k",
                             "--queue",
                             "8k",
                             "--slow",
                             "block",
                             "--slow-after",
                             "1s",
                             "--drain",
                             "3s",
                             "--allow",
                             "10.0.0.0/8",
                             "--allow",
                             "::1",
                             "--deny",
                             "::/0",
                             "--once",
                             "--no-commands",
                             "--hex",
                             "--timestamps",
                             "-vv",
                             "--idle-timeout",
                             "4s",
                             "--message-timeout",
                             "9s",
                             "--engine=epoll",
                             "--source",
                             "127.0.0.1",
                             "-6",
                             "--timeout",
                             "6s",
                             "--connect-timeout=none",
                             "--explain"});
  EXPECT_EQ(given.server.model, ahoy::model::iterative);
  EXPECT_EQ(given.server.backlog, 5);
  EXPECT_EQ(given.server.max_clients, 7U);
  EXPECT_EQ(given.max_message, 2048U);
  EXPECT_EQ(given.room.queue, 8192U);
  EXPECT_EQ(given.room.slow, ahoy::slow_policy::block);
  EXPECT_EQ(given.room.slow_after, 1s);
  EXPECT_EQ(given.server.drain, 3s);
  EXPECT_EQ(given.server.allow.size(), 2U);
  EXPECT_EQ(given.server.deny.size(), 1U);
  EXPECT_TRUE(given.server.once && !given.commands && given.hex && given.timestamps && given.explain);
  EXPECT_EQ(given.verbose, 2U);
  EXPECT_EQ(given.server.idle_timeout, 4s);
  EXPECT_EQ(given.message_timeout, 9s);
  EXPECT_EQ(given.server.engine, ahoy::engine_choice::epoll);
  EXPECT_EQ(given.source, "127.0.0.1");
  EXPECT_EQ(given.wanted, ahoy::family::inet6);
  EXPECT_EQ(given.server.wanted, ahoy::family::inet6);
  EXPECT_EQ(given.timeout, 6s);
  EXPECT_EQ(given.connect_timeout, ahoy::no_timeout);
}

TEST(invocation, the_common_part_reaches_every_verb) {
  const words given{"localhost:80", "--json", "--framing",       "nul",
                    "--after-eof",  "1500ms", "--max-message=9", "-4"};
  const auto check = [](const ahoy::common_options& all) {
    EXPECT_TRUE(all.json);
    EXPECT_EQ(all.framing, ahoy::framing::nul);
    EXPECT_EQ(all.at_end.how, ahoy::after_eof::rule::limited);
    EXPECT_EQ(all.at_end.limit, 1500ms);
    EXPECT_EQ(all.max_message, 9U);
    EXPECT_EQ(all.wanted, ahoy::family::inet);
  };
  check(listen(given));
  check(call(given));
  check(send(given));
}

TEST(invocation, the_last_of_two_holds) {
  EXPECT_EQ(call({"x", "--timeout=1s", "--timeout=2s"}).timeout, 2s);
  EXPECT_EQ(call({"x", "--after-eof=wait", "--after-eof=close"}).at_end.how, ahoy::after_eof::rule::close);
  EXPECT_EQ(call({"x", "-4", "-6"}).wanted, ahoy::family::unspecified);
}

TEST(invocation, framing_depends_on_what_is_done) {
  EXPECT_EQ(framing_for(listen({})), ahoy::framing::line);
  EXPECT_EQ(framing_for(listen({"--handler=echo"})), ahoy::framing::raw);
  EXPECT_EQ(framing_for(listen({"--exec", "cat"})), ahoy::framing::raw);
  EXPECT_EQ(framing_for(call({"x"})), ahoy::framing::raw);
  EXPECT_EQ(framing_for(send({"x:1"})), ahoy::framing::raw);
  EXPECT_EQ(framing_for(send({"x:1", "y"})), ahoy::framing::line);
  EXPECT_EQ(framing_for(send({"x:1", "y", "--framing=nul"})), ahoy::framing::nul);
}

TEST(invocation, a_message_keeps_clear_of_its_delimiter) {
  EXPECT_EQ(refused(ahoy::verb::send, {"x:1", "a\nb"}), ahoy::errc::malformed);
  EXPECT_EQ(refused(ahoy::verb::send, {"x:1", std::string_view("a\0b", 3), "--framing=nul"}),
            ahoy::errc::malformed);
  EXPECT_EQ(refused(ahoy::verb::send, {"x:1", "a\nb", "--framing=length"}), std::error_code());
  EXPECT_EQ(refused(ahoy::verb::send, {"x:1", "a\nb", "--framing=raw"}), std::error_code());
  EXPECT_EQ(refused(ahoy::verb::send, {"udp://x:1", "a\nb"}), std::error_code());
}

TEST(invocation, a_confirmation_is_one_that_the_transport_has) {
  EXPECT_EQ(confirmation_for(send({"x:1"})), ahoy::confirmation::closed);
  EXPECT_EQ(confirmation_for(send({"unix:/x"})), ahoy::confirmation::closed);
  EXPECT_EQ(confirmation_for(send({"udp://x"})), ahoy::confirmation::sent);
  EXPECT_EQ(confirmation_for(send({"x:1", "--confirm=acked"})), ahoy::confirmation::acked);
  EXPECT_EQ(refused(ahoy::verb::send, {"x:1", "--confirm=delivered"}), ahoy::usage_errc::contradictory);
  EXPECT_EQ(refused(ahoy::verb::send, {"unix:/x", "--confirm=delivered"}), ahoy::usage_errc::contradictory);
  EXPECT_EQ(refused(ahoy::verb::send, {"udp://x", "--confirm=acked"}), ahoy::usage_errc::contradictory);
  EXPECT_EQ(refused(ahoy::verb::send, {"udp://x", "--confirm=closed"}), ahoy::usage_errc::contradictory);
  EXPECT_EQ(refused(ahoy::verb::send, {"udp://x", "--confirm=sent"}), std::error_code());
}

TEST(invocation, what_excludes_each_other_is_refused) {
  for (const words& given :
       {words{"--hex", "--json"}, words{"--greeting=x"}, words{"--greeting=x", "--handler=echo"},
        words{"--handler=echo", "--exec", "cat"}, words{"-6", "127.0.0.1:1"}, words{"-4", "[::1]:1"}})
    EXPECT_EQ(refused(ahoy::verb::listen, given), ahoy::usage_errc::contradictory) << given.front();
}

// Each beside what it says more of, or where it has an effect: there it is taken, and nowhere else.
TEST(invocation, an_option_of_listen_without_effect_is_refused) {
  struct row {
    words without, with;
  };
  const words relay{"--handler=relay"}, echo{"--handler=echo"}, program{"--exec", "cat"},
      raw{"--framing=raw"};
  const std::vector<std::pair<std::string_view, row>> rows{
      {"--message-timeout=1s", {echo, relay}},  {"--message-timeout=1s", {program, {}}},
      {"--message-timeout=1s", {raw, {":1"}}},  {"--message-timeout=1s", {{"udp://:1"}, {"udp://:1", ":1"}}},
      {"--stall-timeout=1s", {relay, echo}},    {"--stall-timeout=1s", {{}, echo}},
      {"--log-format=json", {{}, {"--log=x"}}}, {"--burst-per-address=1", {{}, {"--rate-per-address=1"}}},
  };
  for (const auto& [option, beside] : rows) {
    words without{option}, with{option};
    without.insert(without.end(), beside.without.begin(), beside.without.end());
    with.insert(with.end(), beside.with.begin(), beside.with.end());
    EXPECT_EQ(refused(ahoy::verb::listen, without).category(), ahoy::usage_category()) << option;
    EXPECT_EQ(refused(ahoy::verb::listen, with), std::error_code()) << option;
  }
  for (const words& said : {words{"--message-timeout=none", "--handler=echo"}, words{"--stall-timeout=none"}})
    EXPECT_EQ(refused(ahoy::verb::listen, said), std::error_code()) << said.front();
}

TEST(invocation, a_source_is_a_host_a_port_or_both) {
  for (const auto* text : {"127.0.0.1", "127.0.0.1:5000", "[::1]:5000", "::1", ":5000", "5000", "localhost"})
    EXPECT_EQ(call({"x", "--source", text}).source, text);
  for (const auto* text : {"", "tcp://127.0.0.1", "unix:/x", "127.0.0.1:", "127.1", "[::1"})
    EXPECT_EQ(refused(ahoy::verb::call, {"x", std::string_view("--source"), text}), ahoy::errc::malformed)
        << text;
  for (const auto* text : {"--source=127.0.0.1:65536", "--source=65536", "--source=:65536"})
    EXPECT_EQ(refused(ahoy::verb::call, {"x", std::string_view(text)}), ahoy::errc::out_of_range);
  for (const auto* text : {"--source=5000", "--source=:5000"})
    EXPECT_EQ(refused(ahoy::verb::listen, {std::string_view(text)}), ahoy::usage_errc::contradictory);
}

TEST(invocation, requests_are_answered_whatever_else_is_missing) {
  EXPECT_TRUE(
      std::holds_alternative<ahoy::help_request>(ahoy::parse_invocation(ahoy::verb::call, words{"--help"})));
  EXPECT_TRUE(
      std::holds_alternative<ahoy::help_request>(ahoy::parse_invocation(ahoy::verb::call, words{"-vh"})));
  EXPECT_TRUE(std::holds_alternative<ahoy::version_request>(
      ahoy::parse_invocation(ahoy::verb::send, words{"--version"})));
}

}  // namespace
