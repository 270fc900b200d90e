#include <ahoy/protocol/dot_text.hpp>

#include <gtest/gtest.h>

#include <string>

namespace {

std::string encoded(std::string_view text) {
  ahoy::dot_encoder to;
  std::string wire;
  to.add(text, wire);
  to.finish(wire);
  return wire;
}

struct decoded {
  std::string plain;
  std::size_t used = 0;
  bool over = false;
};

decoded decode(std::string_view wire, std::size_t piece) {
  ahoy::dot_decoder from;
  decoded all;
  for (std::size_t at = 0; at < wire.size(); at += piece) {
    const auto part = wire.substr(at, piece);
    const auto used = from.take(part, all.plain);
    all.used += used;
    if (used < part.size()) break;
  }
  all.over = from.is_over();
  return all;
}

TEST(dot_text, puts_dots_before_dots) {
  EXPECT_EQ(encoded(""), ".\r\n");
  EXPECT_EQ(encoded("."), "..\r\n.\r\n");
  EXPECT_EQ(encoded("a\n.b\r\n..\n"), "a\r\n..b\r\n...\r\n.\r\n");
  EXPECT_EQ(encoded("a\r"), "a\r\n.\r\n");
}

TEST(dot_text, takes_them_away_however_it_is_cut) {
  const std::string wire = "a\r\n..b\r\n...\r\n\r\n.c\r\n.\r\n250 next\r\n";
  for (std::size_t piece = 1; piece <= wire.size(); ++piece) {
    const auto all = decode(wire, piece);
    EXPECT_EQ(all.plain, "a\r\n.b\r\n..\r\n\r\nc\r\n") << piece;
    EXPECT_TRUE(all.over);
    EXPECT_EQ(wire.substr(all.used), "250 next\r\n") << piece;
  }
}

TEST(dot_text, a_lone_line_feed_ends_a_line) {
  const auto all = decode("a\n.\nrest", 3);
  EXPECT_EQ(all.plain, "a\n");
  EXPECT_TRUE(all.over);
}

TEST(dot_text, a_dot_and_a_return_alone_are_text) { EXPECT_EQ(decode(".\rx\r\n.\r\n", 1).plain, "\rx\r\n"); }

TEST(dot_text, gives_back_what_was_put_in) {
  for (const std::string text : {"x\r\n", ".\r\n.\r\n", "\r\n\r\n", "a\r\n.hidden\r\n"}) {
    const auto wire = encoded(text);
    EXPECT_EQ(decode(wire, 2).plain, text);
  }
}

}  // namespace
