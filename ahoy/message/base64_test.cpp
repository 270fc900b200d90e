#include <ahoy/message/base64.hpp>

#include <gtest/gtest.h>

#include <random>
#include <string>

namespace {

using namespace std::string_literals;

struct pair {
  std::string bytes, text;
};
// RFC 4648, section 10, and what uses the last two digits of the alphabet.
const pair vectors[] = {{"", ""},
                        {"f", "Zg=="},
                        {"fo", "Zm8="},
                        {"foo", "Zm9v"},
                        {"foob", "Zm9vYg=="},
                        {"fooba", "Zm9vYmE="},
                        {"foobar", "Zm9vYmFy"},
                        {"\xfb\xff\xbf", "+/+/"},
                        {"\0"s, "AA=="},
                        {"\xff\xff\xff", "////"}};

TEST(base64, agrees_with_rfc_4648) {
  for (const auto& [bytes, text] : vectors) {
    EXPECT_EQ(ahoy::base64_encoded(bytes), text);
    EXPECT_EQ(ahoy::base64_decoded_strictly(text), bytes);
  }
}

TEST(base64, round_trips) {
  std::mt19937 dice(1);
  for (int round = 0; round < 1000; ++round) {
    std::string bytes(dice() % 100, '\0');
    for (auto& byte : bytes) byte = static_cast<char>(dice());
    ASSERT_EQ(ahoy::base64_decoded_strictly(ahoy::base64_encoded(bytes)), bytes);
  }
}

TEST(base64, refuses_every_other_text) {
  for (auto text : {"Z", "Zg", "Zg=", "Zg==Zg==", "Zh==", "Zm9=", "=", "====", "=Zg=", "Z===", "Z=g=", "Zg= ",
                    "Zg==\n", "Zm 9", "-_-_", "Zm9v=", "Zm9vA===", "\xffm9v"})
    EXPECT_EQ(ahoy::base64_decoded_strictly(text), std::nullopt) << text;
  EXPECT_EQ(ahoy::base64_decoded_strictly("Zm\0v"s), std::nullopt);
}

TEST(base64, passes_over_what_is_no_digit) {
  EXPECT_EQ(ahoy::base64_decoded("Zm9v\r\nYmE="), "fooba");
  EXPECT_EQ(ahoy::base64_decoded("Zg==Zg=="), "f");
}

TEST(base64, lines_are_the_same_however_it_is_cut) {
  std::string bytes;
  for (int i = 0; i < 300; ++i) bytes += static_cast<char>(i);
  for (std::size_t size = 1; size <= bytes.size(); ++size) {
    ahoy::base64_lines encoder;
    std::string lines;
    for (std::size_t at = 0; at < bytes.size(); at += size)
      encoder.add(std::string_view{bytes}.substr(at, size), lines);
    encoder.finish(lines);
    EXPECT_EQ(ahoy::base64_decoded(lines), bytes);
    EXPECT_EQ(lines.find("\r\n"), 76U);
    EXPECT_EQ(lines.size(), ahoy::base64_lines::size_of(bytes.size()));
  }
}

}  // namespace
