#include <ahoy/command/presentation.hpp>

#include <chrono>

namespace ahoy::inline v0 {

std::string presentation::add(std::string_view text, piece kind) { return stamped(shown(text, kind)); }

std::string presentation::shown(std::string_view text, piece kind) {
  if (kind == piece::part) {
    holds_ = as_hex_ || on_terminal_;
    if (as_hex_) return dump_.add(text);
    return on_terminal_ ? escaped_.add(text) : std::string{text};
  }
  if (as_hex_) {
    std::string lines = dump_.add(text);
    return lines + dump_.finish();
  }
  std::string line = on_terminal_ ? escape_for_terminal(text) : std::string{text};
  const bool is_line = line.ends_with('\n');
  if (kind == piece::message || (!is_line && in_lines_)) line += '\n';
  return line;
}

std::string presentation::pause() {
  holds_ = false;
  return stamped(as_hex_ ? dump_.finish() : escaped_.finish());
}

/// The time stands at the head of each line, which is when its first byte came.
std::string presentation::stamped(std::string text) {
  if (!with_timestamps_ || text.empty()) return text;
  const std::string now = timestamp(std::chrono::system_clock::now()) + ' ';
  std::string result;
  for (const char c : text) {
    if (begins_line_) result += now;
    result += c;
    begins_line_ = c == '\n';
  }
  return result;
}

}  // namespace ahoy::inline v0
