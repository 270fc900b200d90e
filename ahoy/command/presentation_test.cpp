#include <ahoy/command/presentation.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace {

using ahoy::piece;
using ahoy::presentation;
using testing::MatchesRegex;

const std::string every_control = std::string("a\0\x1b[2J\r\n\xff\xc2", 10);

TEST(Presentation, BytesAreUnchangedWhereItIsNoTerminal) {
  presentation plain{false, false, false};
  for (const piece kind : {piece::part, piece::datagram})
    EXPECT_EQ(plain.add(every_control, kind), every_control);
  EXPECT_FALSE(plain.holds());
  EXPECT_EQ(plain.pause(), "");
}

TEST(Presentation, AMessageIsALine) {
  presentation plain{false, false, false};
  EXPECT_EQ(plain.add("one", piece::message), "one\n");
  EXPECT_EQ(plain.add("", piece::message), "\n");
  EXPECT_EQ(plain.add("ends in one\n", piece::message), "ends in one\n\n");
}

TEST(Presentation, ATerminalGetsNothingThatItWouldObey) {
  presentation terminal{true, false, false};
  EXPECT_EQ(terminal.add("\x1b[2J\n", piece::part), "\\x1b[2J\n");
  EXPECT_EQ(terminal.add("\x1b]0;x\x07", piece::message), "\\x1b]0;x\\x07\n");
}

TEST(Presentation, ADatagramEndsItsLineOnATerminalAndInLines) {
  EXPECT_EQ((presentation{false, false, false, true}.add("one", piece::datagram)), "one\n");
  EXPECT_EQ((presentation{false, false, false, true}.add("one\n", piece::datagram)), "one\n");
  EXPECT_EQ((presentation{false, false, false, true}.add("\x1b", piece::datagram)), "\x1b\n");
  EXPECT_EQ((presentation{true, false, false}.add("one", piece::datagram)), "one\n");
  EXPECT_EQ((presentation{true, false, false}.add("one\n", piece::datagram)), "one\n");
  EXPECT_EQ((presentation{false, false, false}.add("one", piece::datagram)), "one");
  EXPECT_EQ((presentation{true, false, false}.add("", piece::datagram)), "\n");
}

TEST(Presentation, APauseShowsHalfACharacter) {
  presentation terminal{true, false, false};
  EXPECT_EQ(terminal.add("caf\xc3", piece::part), "caf");
  EXPECT_TRUE(terminal.holds());
  EXPECT_EQ(terminal.pause(), "\\xc3");
  EXPECT_FALSE(terminal.holds());
}

TEST(Presentation, ADumpGoesOnWhereItPaused) {
  presentation hex{false, true, false};
  EXPECT_EQ(hex.add("0123456789", piece::part), "");
  EXPECT_THAT(hex.pause(), MatchesRegex("00000000  30 .*\\|0123456789\\|\n"));
  EXPECT_THAT(hex.add("abcdefghijklmnopq", piece::part),
              MatchesRegex("0000000a  61 .*\\|abcdefghijklmnop\\|\n"));
  EXPECT_THAT(hex.add("x", piece::datagram), MatchesRegex("0000001a  71 78 .*\\|qx\\|\n"));
}

TEST(Presentation, EachLineIsLedByItsTime) {
  const std::string time = "[-0-9]+T[:.0-9]+Z ";
  presentation timed{false, false, true};
  EXPECT_THAT(timed.add("one\ntw", piece::part), MatchesRegex(time + "one\n" + time + "tw"));
  EXPECT_THAT(timed.add("o\nthree", piece::part), MatchesRegex("o\n" + time + "three"));
  presentation datagrams{false, false, true};
  EXPECT_THAT(datagrams.add("one", piece::datagram), MatchesRegex(time + "one\n"));
  EXPECT_THAT(datagrams.add("two", piece::datagram), MatchesRegex(time + "two\n"));
}

}  // namespace
