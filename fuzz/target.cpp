#include "target.hpp"

#include <ahoy/error/error.hpp>
#include <ahoy/error/escape.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <exception>

namespace fuzz {

std::vector<const target*>& target::all() {
  static std::vector<const target*> known;
  return known;
}

void target::run(std::string_view input) const { run_(input); }

void require(bool holds, const char* what) {
  if (holds) return;
  fmt::print(stderr, "does not hold: {}\n", what);
  std::abort();
}

bool is_harmless(std::string_view text) { return ahoy::escape_controls(text) == text; }

void require_harmless_error() {
  try {
    throw;
  } catch (const ahoy::error& refused) {
    require(is_harmless(refused.what()), "an error's words are harmless");
    const std::string shown = ahoy::escape_controls(refused.hint());
    require(is_harmless(shown), "a hint that was escaped is harmless");
  }
}

std::string_view take_line(std::string_view& input) {
  const std::string_view line = input.substr(0, input.find('\n'));
  input.remove_prefix(std::min(line.size() + 1, input.size()));
  return line;
}

std::size_t take_byte(std::string_view& input) {
  if (input.empty()) return 0;
  const auto byte = static_cast<unsigned char>(input.front());
  input.remove_prefix(1);
  return byte;
}

std::vector<std::string_view> cut(std::string_view text, std::size_t size) {
  std::vector<std::string_view> pieces;
  for (size = std::max<std::size_t>(size, 1); !text.empty(); text.remove_prefix(std::min(size, text.size())))
    pieces.push_back(text.substr(0, size));
  return pieces;
}

}  // namespace fuzz
