#include <ahoy/command/dump.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

namespace ahoy::inline v0 {
namespace {

constexpr std::size_t line_size = 16;
constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::size_t group_bytes = 3, group_digits = 4, digit_bits = 6;

std::string hex_line(std::uint64_t offset, std::string_view bytes) {
  std::string hex, shown;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    fmt::format_to(std::back_inserter(hex), "{}{:02x} ", i == line_size / 2 ? " " : "",
                   static_cast<unsigned char>(bytes[i]));
    shown += ' ' <= bytes[i] && bytes[i] <= '~' ? bytes[i] : '.';
  }
  return fmt::format("{:08x}  {:<{}} |{}|\n", offset, hex, 3 * line_size + 1, shown);
}

// One to three bytes as four digits; zero bits fill up, '=' stands for each byte that is not there.
std::string base64_group(std::string_view bytes) {
  std::uint32_t bits = 0;
  for (std::size_t i = 0; i < group_bytes; ++i)
    bits = bits << 8 | (i < bytes.size() ? static_cast<unsigned char>(bytes[i]) : 0u);
  std::string digits(group_digits, '=');
  for (std::size_t i = 0; i <= bytes.size(); ++i)
    digits[i] = alphabet[bits >> (digit_bits * (group_digits - 1 - i)) & 63];
  return digits;
}

std::optional<std::string> group_bytes_of(std::string_view digits) {
  std::uint32_t bits = 0;
  for (const char digit : digits) {
    const auto value = digit == '=' ? 0 : alphabet.find(digit);
    if (value == alphabet.npos) return std::nullopt;
    bits = bits << digit_bits | static_cast<std::uint32_t>(value);
  }
  return std::string{static_cast<char>(bits >> 16), static_cast<char>(bits >> 8 & 0xff),
                     static_cast<char>(bits & 0xff)};
}

}  // namespace

std::string hex_dump::add(std::string_view bytes) {
  std::string lines;
  while (!bytes.empty()) {
    const auto taken = bytes.substr(0, line_size - line_.size());
    line_ += taken;
    bytes.remove_prefix(taken.size());
    if (line_.size() == line_size) lines += finish();
  }
  return lines;
}

std::string hex_dump::finish() {
  if (line_.empty()) return {};
  const auto bytes = std::exchange(line_, {});
  return hex_line(std::exchange(offset_, offset_ + bytes.size()), bytes);
}

std::string base64(std::string_view bytes) {
  std::string text;
  text.reserve((bytes.size() + group_bytes - 1) / group_bytes * group_digits);
  for (std::size_t i = 0; i < bytes.size(); i += group_bytes)
    text += base64_group(bytes.substr(i, group_bytes));
  return text;
}

// A wrong '=' or a hidden bit shows when what was read is written again.
std::optional<std::string> base64_bytes(std::string_view text) {
  if (text.size() % group_digits != 0) return std::nullopt;
  std::string bytes;
  bytes.reserve(text.size() / group_digits * group_bytes);
  for (std::size_t i = 0; i < text.size(); i += group_digits) {
    const auto group = group_bytes_of(text.substr(i, group_digits));
    if (!group) return std::nullopt;
    bytes += *group;
  }
  const auto padding = std::min<std::size_t>(2, text.size() - std::min(text.find('='), text.size()));
  bytes.resize(bytes.size() - padding);
  if (base64(bytes) != text) return std::nullopt;
  return bytes;
}

}  // namespace ahoy::inline v0
