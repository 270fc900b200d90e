#pragma once
#include <algorithm>
#include <charconv>
#include <cstdint>
#include <optional>
#include <string_view>

namespace ahoy::inline v0 {

// How lines of the internet's protocols are taken apart. `text` keeps what was not taken.

/// Up to the next of the separators, which go with it; empty at the end.
[[nodiscard]] inline std::string_view take_word(std::string_view& text, std::string_view separators = " \t") noexcept {
  const auto begin = std::min(text.find_first_not_of(separators), text.size());
  const auto end = std::min(text.find_first_of(separators, begin), text.size());
  const auto word = text.substr(begin, end - begin);
  text.remove_prefix(std::min(text.find_first_not_of(separators, end), text.size()));
  return word;
}

/// Decimal digits alone, and no more than fit.
[[nodiscard]] inline std::optional<std::uint64_t> read_number(std::string_view digits) noexcept {
  std::uint64_t number = 0;
  const char* const end = digits.data() + digits.size();
  const auto read = std::from_chars(digits.data(), end, number);
  return read.ec == std::errc{} && read.ptr == end ? std::optional{number} : std::nullopt;
}

}  // namespace ahoy::inline v0
