#include <ahoy/protocol/base64.hpp>

#include <gtest/gtest.h>

namespace {

TEST(base64, is_that_of_the_rfc) {
  // RFC 4648, section 10.
  EXPECT_EQ(ahoy::base64_encoded(""), "");
  EXPECT_EQ(ahoy::base64_encoded("f"), "Zg==");
  EXPECT_EQ(ahoy::base64_encoded("fo"), "Zm8=");
  EXPECT_EQ(ahoy::base64_encoded("foo"), "Zm9v");
  EXPECT_EQ(ahoy::base64_encoded("foobar"), "Zm9vYmFy");
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
