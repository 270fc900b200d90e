#include <ahoy/error/escape.hpp>
#include <ahoy/error/unreadable.hpp>
#include <ahoy/message/base64.hpp>
#include <ahoy/protocol/imap_mailbox_name.hpp>

#include <algorithm>
#include <cstdint>
#include <optional>

namespace ahoy::inline v0 {

namespace {

constexpr std::size_t longest_name = 4096;

bool is_direct(char each) noexcept { return ' ' <= each && each <= '~'; }

/// The next code point of valid UTF-8, which goes.
char32_t take_code_point(std::string_view& text) {
  const auto first = static_cast<unsigned char>(text[0]);
  const std::size_t whole = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
  const std::size_t size = std::min(whole, text.size());
  char32_t code = size == 1 ? first : first & (0x7fU >> size);
  for (std::size_t at = 1; at < size; ++at) code = code << 6 | (static_cast<unsigned char>(text[at]) & 0x3fU);
  text.remove_prefix(size);
  return code;
}

void append_unit(std::string& units, std::uint32_t unit) {
  units += static_cast<char>(unit >> 8);
  units += static_cast<char>(unit & 0xff);
}

/// As UTF-16, the higher byte first.
void append_utf16(std::string& units, char32_t code) {
  if (code < 0x10000) return append_unit(units, code);
  append_unit(units, 0xd800 + ((code - 0x10000) >> 10));
  append_unit(units, 0xdc00 + ((code - 0x10000) & 0x3ff));
}

void append_utf8(std::string& text, char32_t code) {
  if (code < 0x80) {
    text += static_cast<char>(code);
    return;
  }
  const int more = code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
  text += static_cast<char>((0xf00U >> (more + 1) & 0xf0U) | code >> (6 * more));
  for (int at = more - 1; at >= 0; --at) text += static_cast<char>(0x80 | (code >> (6 * at) & 0x3f));
}

/// Behind a '&' and up to a '-'. Nothing for what is no UTF-16, a half of it too.
std::optional<std::string> decode_shifted(std::string_view digits) {
  if (digits.empty()) return "&";
  std::string usual{digits};
  std::ranges::replace(usual, ',', '/');
  const std::string units = base64_decoded(usual);
  std::string text;
  for (std::size_t at = 0; at + 1 < units.size(); at += 2) {
    const auto unit_at = [&](std::size_t place) -> char32_t {
      return static_cast<char32_t>(static_cast<unsigned char>(units[place]) << 8 |
                                   static_cast<unsigned char>(units[place + 1]));
    };
    char32_t code = unit_at(at);
    if (0xd800 <= code && code < 0xdc00 && at + 3 < units.size()) {
      code = 0x10000 + ((code - 0xd800) << 10) + (unit_at(at + 2) - 0xdc00);
      at += 2;
    }
    append_utf8(text, code);
  }
  return valid_utf8(text) ? std::optional{text} : std::nullopt;
}

std::optional<std::string> decode(std::string_view wire) {
  std::string name;
  while (!wire.empty()) {
    const auto shift = wire.find('&');
    name += wire.substr(0, shift);
    if (shift == wire.npos) break;
    const auto end = wire.find('-', shift);
    if (end == wire.npos) return std::nullopt;
    const auto part = decode_shifted(wire.substr(shift + 1, end - shift - 1));
    if (!part) return std::nullopt;
    name += *part;
    wire.remove_prefix(end + 1);
  }
  return name;
}

}  // namespace

std::string to_modified_utf7(std::string_view name) {
  std::string wire;
  while (!name.empty()) {
    std::string units;
    while (!name.empty() && !is_direct(name[0])) append_utf16(units, take_code_point(name));
    if (!units.empty()) {
      std::string digits = base64_encoded(units);
      std::ranges::replace(digits, '/', ',');
      wire += "&" + digits.substr(0, digits.find('=')) + "-";
      continue;
    }
    wire += name[0];
    if (name[0] == '&') wire += '-';
    name.remove_prefix(1);
  }
  return wire;
}

/// Only what has one way to be written: else two mailboxes could have one name.
std::string from_modified_utf7(std::string_view wire) {
  const auto name = decode(wire);
  const bool is_canonical = name && valid_utf8(*name) && to_modified_utf7(*name) == wire;
  return is_canonical ? *name : std::string{wire};
}

void check_mailbox_name(std::string_view name) {
  const auto refuse = [&](const char* hint) { throw unreadable("mailbox", name, hint); };
  const auto is_control = [](char each) { return static_cast<unsigned char>(each) < ' ' || each == 0x7f; };
  if (name.empty()) refuse("a mailbox has a name: INBOX, for instance");
  if (std::ranges::any_of(name, is_control)) refuse("a mailbox's name has no control bytes");
  if (!valid_utf8(name)) refuse("a mailbox's name is UTF-8");
  if (name.size() > longest_name) refuse("a mailbox's name has at most 4096 bytes");
}

}  // namespace ahoy::inline v0
