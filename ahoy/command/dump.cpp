#include <ahoy/command/dump.hpp>

#include <fmt/format.h>

#include <iterator>
#include <utility>

namespace ahoy::inline v0 {
namespace {

constexpr std::size_t line_size = 16;

std::string hex_line(std::uint64_t offset, std::string_view bytes) {
  std::string hex, shown;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    fmt::format_to(std::back_inserter(hex), "{}{:02x} ", i == line_size / 2 ? " " : "",
                   static_cast<unsigned char>(bytes[i]));
    shown += ' ' <= bytes[i] && bytes[i] <= '~' ? bytes[i] : '.';
  }
  return fmt::format("{:08x}  {:<{}} |{}|\n", offset, hex, 3 * line_size + 1, shown);
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

}  // namespace ahoy::inline v0
