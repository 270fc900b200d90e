#pragma once
#include <algorithm>
#include <string>
#include <string_view>

namespace ahoy::inline v0 {

// <cctype> asks the locale; what is read here must mean the same everywhere.

constexpr bool is_digit(char c) noexcept { return '0' <= c && c <= '9'; }
constexpr bool is_letter(char c) noexcept { return ('a' <= c && c <= 'z') || ('A' <= c && c <= 'Z'); }
constexpr char lower(char c) noexcept { return 'A' <= c && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

/// False for an empty text.
constexpr bool all_digits(std::string_view text) noexcept {
  return !text.empty() && std::all_of(text.begin(), text.end(), is_digit);
}

constexpr bool equal_ignoring_case(std::string_view one, std::string_view other) noexcept {
  return std::ranges::equal(one, other, {}, [](char c) { return lower(c); }, [](char c) { return lower(c); });
}

inline std::string lower(std::string_view text) {
  std::string lowered(text);
  for (char& c : lowered) c = lower(c);
  return lowered;
}

}  // namespace ahoy::inline v0
