#include <ahoy/protocol/wildmat.hpp>

#include <algorithm>

namespace ahoy::inline v0 {

namespace {

bool continues(char byte) noexcept { return (static_cast<unsigned char>(byte) & 0xc0) == 0x80; }

/// A character goes, with the bytes that belong to it.
void take_character(std::string_view& text) noexcept {
  text.remove_prefix(1);
  for (int i = 0; i < 3 && !text.empty() && continues(text.front()); ++i) text.remove_prefix(1);
}

/// Goes back to the last * alone, and gives that one character more: an earlier one need not be tried again.
bool matches(std::string_view pattern, std::string_view name) noexcept {
  std::string_view after_star;
  std::string_view rest;  // of the name, where that star ends
  bool has_star = false;
  while (!name.empty() || !pattern.empty()) {
    if (pattern.starts_with('*')) {
      pattern.remove_prefix(1);
      has_star = true;
      after_star = pattern;
      rest = name;
    } else if (!name.empty() && pattern.starts_with('?')) {
      pattern.remove_prefix(1);
      take_character(name);
    } else if (!name.empty() && pattern.starts_with(name.front())) {
      pattern.remove_prefix(1);
      name.remove_prefix(1);
    } else if (has_star && !rest.empty()) {
      take_character(rest);
      pattern = after_star;
      name = rest;
    } else {
      return false;
    }
  }
  return true;
}

}  // namespace

bool is_wildmat(std::string_view text) noexcept { return text.find_first_of("*?,![\\") != text.npos; }

bool is_beyond_wildmat(std::string_view text) noexcept { return text.find_first_of("[\\") != text.npos; }

bool matches_wildmat(std::string_view wildmat, std::string_view name) noexcept {
  bool is_meant = false;
  for (bool is_last = false; !is_last;) {
    const auto comma = wildmat.find(',');
    std::string_view pattern = wildmat.substr(0, comma);
    const bool is_excluded = pattern.starts_with('!');
    if (is_excluded) pattern.remove_prefix(1);
    if (matches(pattern, name)) is_meant = !is_excluded;
    is_last = comma == wildmat.npos;
    wildmat.remove_prefix(is_last ? wildmat.size() : comma + 1);
  }
  return is_meant;
}

}  // namespace ahoy::inline v0
