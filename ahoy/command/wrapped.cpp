#include <ahoy/command/option_table.hpp>
#include <ahoy/command/wrapped.hpp>

#include <algorithm>

namespace ahoy::inline v0 {
namespace {

std::size_t columns(std::string_view text) {
  const auto begins = [](char byte) { return (static_cast<unsigned char>(byte) & 0xc0) != 0x80; };
  return static_cast<std::size_t>(std::ranges::count_if(text, begins));
}

}  // namespace

std::string wrapped(std::string_view text, std::size_t indent, std::size_t width) {
  std::string lines;
  std::size_t column = 0;
  for (const auto word : words_of(text)) {
    const bool fits = column > 0 && column + 1 + columns(word) <= width;
    if (column > 0) lines += fits ? ' ' : '\n';
    if (!fits) lines.append(indent, ' ');
    column = (fits ? column + 1 : indent) + columns(word);
    lines += word;
  }
  return lines.empty() ? lines : lines + '\n';
}

std::string wrapped_after(std::string_view left, std::string_view text, std::size_t margin) {
  auto right = wrapped(text, margin);
  const auto taken = columns(left);
  if (taken >= margin) return wrapped(left, 2) + right;
  return std::string(left) + right.erase(0, taken);
}

}  // namespace ahoy::inline v0
