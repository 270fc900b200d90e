#include <ahoy/protocol/wildmat.hpp>

#include "target.hpp"

#include <algorithm>

// A line is the pattern, the rest the name. What is short is checked against the definition itself.

namespace {

/// Of one pattern, of which each character is a byte.
bool is_match(std::string_view pattern, std::string_view name) {
  if (pattern.empty()) return name.empty();
  if (pattern.front() == '*')
    return is_match(pattern.substr(1), name) || (!name.empty() && is_match(pattern, name.substr(1)));
  return !name.empty() && (pattern.front() == '?' || pattern.front() == name.front()) &&
         is_match(pattern.substr(1), name.substr(1));
}

bool is_match_of_all(std::string_view wildmat, std::string_view name) {
  for (;;) {
    const auto comma = wildmat.rfind(',');
    std::string_view last = wildmat.substr(comma == wildmat.npos ? 0 : comma + 1);
    const bool excludes = last.starts_with('!');
    if (excludes) last.remove_prefix(1);
    if (is_match(last, name)) return !excludes;
    if (comma == wildmat.npos) return false;
    wildmat = wildmat.substr(0, comma);
  }
}

void read(std::string_view input) {
  const std::string_view wildmat = fuzz::take_line(input);
  const bool matches = ahoy::matches_wildmat(wildmat, input);
  const auto is_ascii = [](std::string_view text) {
    return std::ranges::all_of(text, [](char each) { return each >= 0; });
  };
  const bool is_short = wildmat.size() <= 12 && input.size() <= 12 && is_ascii(wildmat) && is_ascii(input);
  fuzz::require(!is_short || matches == is_match_of_all(wildmat, input),
                "a name matches as the definition says");
  fuzz::require(!ahoy::is_beyond_wildmat(wildmat) || ahoy::is_wildmat(wildmat), "what is beyond one is one");
}

const fuzz::target wildmat{"wildmat", read};

}  // namespace
