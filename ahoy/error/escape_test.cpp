#include <ahoy/error/escape.hpp>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <random>

namespace {

using namespace std::string_literals;
using namespace std::string_view_literals;

std::string utf8(char32_t point) {
  auto byte = [](char32_t value) { return static_cast<char>(value); };
  if (point < 0x80) return {byte(point)};
  if (point < 0x800) return {byte(0xc0 | (point >> 6)), byte(0x80 | (point & 0x3f))};
  if (point < 0x10000)
    return {byte(0xe0 | (point >> 12)), byte(0x80 | ((point >> 6) & 0x3f)), byte(0x80 | (point & 0x3f))};
  return {byte(0xf0 | (point >> 18)), byte(0x80 | ((point >> 12) & 0x3f)), byte(0x80 | ((point >> 6) & 0x3f)),
          byte(0x80 | (point & 0x3f))};
}

std::string expected_of_byte(int value) {
  if (value == '\\') return "\\\\";
  bool printable = 0x20 <= value && value < 0x7f;
  return printable ? std::string(1, static_cast<char>(value)) : fmt::format("\\x{:02x}", value);
}

TEST(Escape, EveryByteAlone) {
  for (int value = 0; value < 256; ++value) {
    std::string byte(1, static_cast<char>(value));
    EXPECT_EQ(ahoy::escape(byte), expected_of_byte(value)) << value;
    EXPECT_EQ(ahoy::escape_controls(byte), value == '\\' ? "\\" : expected_of_byte(value)) << value;
    bool stays = value == '\n' || value == '\t' || value == '\\';
    EXPECT_EQ(ahoy::escape_for_terminal(byte), stays ? byte : expected_of_byte(value)) << value;
    EXPECT_EQ(ahoy::valid_utf8(byte), value < 0x80) << value;
  }
}

TEST(Escape, EveryByteBetweenLetters) {
  for (int value = 0; value < 256; ++value) {
    auto text = "a"s + static_cast<char>(value) + "b";
    EXPECT_EQ(ahoy::escape(text), "a" + expected_of_byte(value) + "b") << value;
  }
}

TEST(Escape, PrintableTextStays) {
  for (auto text : {"", "hello, world", "grüße", "привет", "日本語", "שלום", "👍🏽", "❤️", "\xef\xbf\xbd"}) {
    EXPECT_EQ(ahoy::escape(text), text);
    EXPECT_TRUE(ahoy::valid_utf8(text));
  }
}

TEST(Escape, UnseenCodePoints) {
  constexpr std::array<char32_t, 44> unseen{
      0x80,   0x85,   0x9b,   0x9f,   0xad,   0x34f,  0x61c,   0x115f,  0x1160,  0x180e,  0x200b,
      0x200c, 0x200d, 0x200e, 0x200f, 0x2028, 0x2029, 0x202a,  0x202b,  0x202c,  0x202d,  0x202e,
      0x2060, 0x2061, 0x2064, 0x2066, 0x2067, 0x2068, 0x2069,  0x206a,  0x206f,  0x3164,  0xfeff,
      0xffa0, 0xfff9, 0xfffb, 0xfffe, 0xffff, 0xfdd0, 0xe0001, 0xe0020, 0xe007f, 0xe0100, 0x10ffff};
  for (auto point : unseen) {
    auto written = fmt::format("\\u{{{:x}}}", static_cast<std::uint32_t>(point));
    EXPECT_EQ(ahoy::escape("a" + utf8(point) + "b"), "a" + written + "b");
    EXPECT_EQ(ahoy::escape_for_terminal(utf8(point)), written);
    EXPECT_TRUE(ahoy::valid_utf8(utf8(point)));
  }
}

TEST(Escape, NeighboursOfUnseenCodePointsStay) {
  for (char32_t point :
       {0xa0, 0xac, 0xae, 0x2010, 0x2027, 0x202f, 0x205f, 0x2070, 0xfffc, 0xfffd, 0xfe0f, 0x1f600})
    EXPECT_EQ(ahoy::escape(utf8(point)), utf8(point));
}

TEST(Escape, InvalidSequencesByteByByte) {
  struct row {
    std::string_view bytes, escaped;
  };
  constexpr std::array rows{
      row{"\xc0\xaf", "\\xc0\\xaf"},                    // overlong '/'
      row{"\xc1\xbf", "\\xc1\\xbf"},                    // overlong DEL
      row{"\xe0\x80\xaf", "\\xe0\\x80\\xaf"},           // overlong in three
      row{"\xe0\x9f\xbf", "\\xe0\\x9f\\xbf"},           // overlong in three, the last
      row{"\xf0\x80\x80\xaf", "\\xf0\\x80\\x80\\xaf"},  // overlong in four
      row{"\xf0\x8f\xbf\xbf", "\\xf0\\x8f\\xbf\\xbf"},  // overlong in four, the last
      row{"\xed\xa0\x80", "\\xed\\xa0\\x80"},           // the first surrogate
      row{"\xed\xbf\xbf", "\\xed\\xbf\\xbf"},           // the last surrogate
      row{"\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80"},  // U+110000
      row{"\xf5\x80\x80\x80", "\\xf5\\x80\\x80\\x80"},  // never a first byte
      row{"\xe2\x82", "\\xe2\\x82"},                    // cut at the end
      row{"\xe2\x82"
          "a",
          "\\xe2\\x82"
          "a"},  // cut by a letter
      row{"\xe2\xe2\x82\xac",
          "\\xe2"
          "\xe2\x82\xac"},   // cut by a whole character
      row{"\x80", "\\x80"},  // continuation alone
      row{"\xfe\xff", "\\xfe\\xff"},
  };
  for (const auto& [bytes, escaped] : rows) {
    EXPECT_EQ(ahoy::escape(bytes), escaped);
    EXPECT_FALSE(ahoy::valid_utf8(bytes));
  }
}

TEST(Escape, ALabelCannotBeForged) {
  EXPECT_EQ(ahoy::escape("\r[127.0.0.1:9] x"), "\\x0d[127.0.0.1:9] x");
  EXPECT_EQ(ahoy::escape("\\x1b"), "\\\\x1b");
}

TEST(Escape, ControlsAreEscapedOnce) {
  auto once = ahoy::escape_controls("a\x1b\n\xe2\x80\xae\xff\\");
  EXPECT_EQ(once, "a\\x1b\\x0a\\u{202e}\\xff\\");
  EXPECT_EQ(ahoy::escape_controls(once), once);
}

TEST(Escape, TerminalKeepsLayout) {
  EXPECT_EQ(ahoy::escape_for_terminal("a\tb\r\nc\\d\n"), "a\tb\r\nc\\d\n");
  EXPECT_EQ(ahoy::escape_for_terminal("a\rb\r"), "a\\x0db\\x0d");
  EXPECT_EQ(ahoy::escape_for_terminal("\0\x1b]0;x\x07"sv), "\\x00\\x1b]0;x\\x07");
}

TEST(TerminalText, PiecesReadAsTheWhole) {
  const auto whole = "grüße 👍🏽\r\n\xe2\x80\xae\r\xf0\x9f x \xed\xa0\x80\\ \x1b[0m 日本\xe2\x82"s;
  for (std::size_t size = 1; size <= whole.size(); ++size) {
    ahoy::terminal_text text;
    std::string shown;
    for (std::size_t at = 0; at < whole.size(); at += size) shown += text.add(whole.substr(at, size));
    shown += text.finish();
    EXPECT_EQ(shown, ahoy::escape_for_terminal(whole)) << size;
  }
}

TEST(TerminalText, KeepsNoMoreThanACharacter) {
  ahoy::terminal_text text;
  EXPECT_EQ(text.add("a\xe2"), "a");
  EXPECT_EQ(text.add(""), "");
  EXPECT_EQ(text.add("\x82"), "");
  EXPECT_EQ(text.add("\xac"), "€");
  EXPECT_EQ(text.finish(), "");
}

// Whatever comes in: the result is valid UTF-8 without a control byte, and escape can be undone.
TEST(Escape, RandomBytesNeverLeak) {
  std::mt19937 random(23456);
  for (int round = 0; round < 2000; ++round) {
    std::string bytes(random() % 40, '\0');
    for (char& byte : bytes) byte = static_cast<char>(random() % (round % 2 ? 256 : 0xa0));
    auto escaped = ahoy::escape(bytes);
    EXPECT_TRUE(ahoy::valid_utf8(escaped));
    for (unsigned char byte : escaped) EXPECT_TRUE(byte >= 0x20 && byte != 0x7f);
    EXPECT_EQ(ahoy::escape_controls(escaped), escaped);
  }
}

}  // namespace
