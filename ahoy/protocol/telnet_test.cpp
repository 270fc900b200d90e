#include <ahoy/error/error.hpp>
#include <ahoy/protocol/telnet.hpp>

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace std::string_literals;

constexpr char iac = '\xff', dont = '\xfe', do_it = '\xfd', wont = '\xfc', will = '\xfb', sb = '\xfa',
               se = '\xf0';
constexpr char binary = 0, echo = 1, go_ahead = 3, terminal_type = 24, window_size = 31, new_environ = 39;

std::string said(std::initializer_list<char> bytes) { return {bytes}; }

ahoy::telnet_terminal xterm() {
  ahoy::telnet_terminal ours;
  ours.type = "xterm";
  ours.columns = 300;
  ours.rows = 24;
  return ours;
}

TEST(telnet, agrees_to_what_it_knows_and_refuses_the_rest) {
  ahoy::telnet_session session{xterm(), nullptr};
  EXPECT_EQ(session.take(said({iac, will, echo, 'a', iac, do_it, new_environ, iac, will, new_environ})), "a");
  EXPECT_EQ(session.outgoing(), said({iac, do_it, echo, iac, wont, new_environ, iac, dont, new_environ}));
  EXPECT_TRUE(session.server_echoes());
  EXPECT_EQ(session.take(said({iac, wont, echo})), "");
  EXPECT_FALSE(session.server_echoes());
}

TEST(telnet, says_its_terminal_and_window) {
  ahoy::telnet_session session{xterm(), nullptr};
  static_cast<void>(session.take(said({iac, do_it, terminal_type, iac, sb, terminal_type, 1, iac, se})));
  EXPECT_EQ(session.outgoing(),
            said({iac, will, terminal_type, iac, sb, terminal_type, 0}) + "xterm" + said({iac, se}));
  static_cast<void>(session.take(said({iac, do_it, window_size})));
  EXPECT_EQ(session.outgoing(), said({iac, will, window_size, iac, sb, window_size, 1, 44, 0, 24, iac, se}));
  session.resize(255, 1);
  EXPECT_EQ(session.outgoing(), said({iac, sb, window_size, 0, iac, iac, 0, 1, iac, se}));
}

TEST(telnet, does_not_answer_what_is_agreed_already) {
  ahoy::telnet_session session{xterm(), nullptr};
  for (int times = 0; times < 3; ++times) static_cast<void>(session.take(said({iac, will, go_ahead})));
  EXPECT_EQ(session.outgoing(), said({iac, do_it, go_ahead}));
}

TEST(telnet, ends_of_lines_become_those_of_here_however_they_are_cut) {
  const std::string wire = "a\r\nb\r\0c\rd\r\n\r\n"s;
  for (std::size_t piece = 1; piece <= wire.size(); ++piece) {
    ahoy::telnet_session session{xterm(), nullptr};
    std::string text;
    for (std::size_t at = 0; at < wire.size(); at += piece)
      text += session.take(std::string_view{wire}.substr(at, piece));
    EXPECT_EQ(text, "a\nb\rc\rd\n\n") << piece;
  }
}

TEST(telnet, ends_of_lines_become_those_of_the_wire) {
  ahoy::telnet_session session{xterm(), nullptr};
  session.say("a\nb\r\xff");
  EXPECT_EQ(session.outgoing(), "a\r\nb\r\0\xff\xff"s);
}

TEST(telnet, binary_is_left_as_it_is) {
  ahoy::telnet_session session{xterm(), nullptr};
  static_cast<void>(session.take(said({iac, will, binary, iac, do_it, binary})));
  static_cast<void>(session.outgoing());
  EXPECT_EQ(session.take("\r\n\r\0\xff\xff"s), "\r\n\r\0\xff"s);
  session.say("\n\r");
  EXPECT_EQ(session.outgoing(), "\n\r");
}

TEST(telnet, a_return_in_binary_is_no_half_of_an_end_of_line) {
  for (const char next : {'\n', '\0', 'x'}) {
    ahoy::telnet_session session{xterm(), nullptr};
    EXPECT_EQ(session.take(said({iac, will, binary, '\r'})), "\r");
    EXPECT_EQ(session.take(said({iac, wont, binary, next})), said({next}));
    EXPECT_EQ(session.take("\r"), "");
    EXPECT_EQ(session.take(said({iac, will, binary})), "\r");
    EXPECT_EQ(session.take(said({iac, wont, binary, next})), said({next}));
  }
}

TEST(telnet, tells_of_what_is_negotiated) {
  std::vector<std::string> told;
  ahoy::telnet_session session{xterm(), [&told](ahoy::said_by who, std::string_view line) {
                                 told.push_back((who == ahoy::said_by::us ? "> " : "< ") + std::string{line});
                               }};
  static_cast<void>(session.take(said({iac, do_it, terminal_type, iac, will, 99})));
  EXPECT_EQ(told, (std::vector<std::string>{"> IAC WILL TERMINAL-TYPE", "< IAC DO TERMINAL-TYPE",
                                            "> IAC DONT 99"}));
}

// libtelnet keeps 16 KiB of one, then takes what follows for text.
void take_again_and_again(ahoy::telnet_session& session, const std::string& bytes, int most) {
  for (int times = 0; times < most; ++times) static_cast<void>(session.take(bytes));
}

TEST(telnet, an_endless_subnegotiation_is_refused) {
  ahoy::telnet_session session{xterm(), nullptr};
  static_cast<void>(session.take(said({iac, sb, terminal_type})));
  EXPECT_THROW(take_again_and_again(session, std::string(1024, 'x'), 100), ahoy::error);
}

TEST(telnet, answers_that_nobody_takes_do_not_pile_up) {
  ahoy::telnet_session session{xterm(), nullptr};
  const std::string loop = said({iac, will, echo, iac, wont, echo});
  EXPECT_THROW(take_again_and_again(session, loop, 1 << 20), ahoy::error);
  EXPECT_LT(session.outgoing().size(), std::size_t{2} << 20);
}

TEST(telnet, nobody_compresses_unasked) {
  constexpr char compress2 = 86;
  ahoy::telnet_session session{xterm(), nullptr};
  EXPECT_THROW(static_cast<void>(session.take(said({iac, sb, compress2, iac, se, 'x'}))), ahoy::error);
}

TEST(telnet, the_name_of_a_terminal_ends_no_subnegotiation) {
  ahoy::telnet_terminal strange;
  strange.type = said({'x', iac, se, 'y'});
  ahoy::telnet_session session{strange, nullptr};
  static_cast<void>(session.take(said({iac, do_it, terminal_type})));
  static_cast<void>(session.outgoing());
  static_cast<void>(session.take(said({iac, sb, terminal_type, 1, iac, se})));
  EXPECT_EQ(session.outgoing(), said({iac, sb, terminal_type, 0, 'x', iac, iac, se, 'y', iac, se}));
}

}  // namespace
