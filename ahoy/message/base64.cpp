#include <ahoy/message/base64.hpp>

namespace ahoy::inline v0 {

namespace {

constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::size_t bytes_in_line = 57;  // 76 characters

unsigned byte_at(std::string_view bytes, std::size_t at) {
  return at < bytes.size() ? static_cast<unsigned char>(bytes[at]) : 0U;
}

void append(std::string_view bytes, std::string& text) {
  for (std::size_t at = 0; at < bytes.size(); at += 3) {
    const unsigned three = byte_at(bytes, at) << 16U | byte_at(bytes, at + 1) << 8U | byte_at(bytes, at + 2);
    text += digits[three >> 18U];
    text += digits[three >> 12U & 63U];
    text += at + 1 < bytes.size() ? digits[three >> 6U & 63U] : '=';
    text += at + 2 < bytes.size() ? digits[three & 63U] : '=';
  }
}

}  // namespace

std::string base64_encoded(std::string_view bytes) {
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  append(bytes, text);
  return text;
}

std::string base64_decoded(std::string_view text) {
  std::string bytes;
  unsigned bits = 0;
  unsigned held = 0;  // how many bits are
  for (const char each : text) {
    if (each == '=') break;
    const auto digit = digits.find(each);
    if (digit == digits.npos) continue;
    bits = bits << 6U | static_cast<unsigned>(digit);
    held += 6;
    if (held < 8) continue;
    held -= 8;
    bytes += static_cast<char>(bits >> held & 255U);
  }
  return bytes;
}

/// A wrong '=' or a hidden bit shows when what was read is written again.
std::optional<std::string> base64_decoded_strictly(std::string_view text) {
  std::string bytes = base64_decoded(text);
  if (base64_encoded(bytes) != text) return std::nullopt;
  return bytes;
}

void base64_lines::add(std::string_view bytes, std::string& lines) {
  while (kept_.size() + bytes.size() >= bytes_in_line) {
    const std::size_t taken = bytes_in_line - kept_.size();
    kept_ += bytes.substr(0, taken);
    bytes.remove_prefix(taken);
    append(kept_, lines);
    lines += "\r\n";
    kept_.clear();
  }
  kept_ += bytes;
}

void base64_lines::finish(std::string& lines) {
  if (kept_.empty()) return;
  append(kept_, lines);
  lines += "\r\n";
  kept_.clear();
}

std::uint64_t base64_lines::size_of(std::uint64_t bytes) noexcept {
  const std::uint64_t lines = (bytes + bytes_in_line - 1) / bytes_in_line;
  return (bytes + 2) / 3 * 4 + 2 * lines;
}

}  // namespace ahoy::inline v0
