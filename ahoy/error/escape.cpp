#include <ahoy/error/escape.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <iterator>
#include <utility>

namespace ahoy::inline v0 {
namespace {

// One row of RFC 3629's table of well-formed sequences: which second bytes may follow a first byte. The
// narrowed ranges are what excludes overlong forms, surrogates and everything above U+10FFFF.
struct sequence {
  std::uint8_t first_low, first_high;
  std::uint8_t length;
  std::uint8_t second_low, second_high;
};
constexpr std::array sequences{
    sequence{0x00, 0x7f, 1, 0, 0},       sequence{0xc2, 0xdf, 2, 0x80, 0xbf},
    sequence{0xe0, 0xe0, 3, 0xa0, 0xbf}, sequence{0xe1, 0xec, 3, 0x80, 0xbf},
    sequence{0xed, 0xed, 3, 0x80, 0x9f}, sequence{0xee, 0xef, 3, 0x80, 0xbf},
    sequence{0xf0, 0xf0, 4, 0x90, 0xbf}, sequence{0xf1, 0xf3, 4, 0x80, 0xbf},
    sequence{0xf4, 0xf4, 4, 0x80, 0x8f},
};

std::uint8_t byte_at(std::string_view bytes, std::size_t at) { return static_cast<std::uint8_t>(bytes[at]); }

const sequence* sequence_of(std::uint8_t first) {
  auto fits = [&](const sequence& s) { return s.first_low <= first && first <= s.first_high; };
  auto found = std::ranges::find_if(sequences, fits);
  return found == sequences.end() ? nullptr : &*found;
}

bool continues(const sequence& form, std::string_view bytes, std::size_t at) {
  auto byte = byte_at(bytes, at);
  return at == 1 ? form.second_low <= byte && byte <= form.second_high : (byte & 0xc0) == 0x80;
}

// How many of the first bytes agree with `form`: all of form.length when a whole character is there.
std::size_t matched(const sequence& form, std::string_view bytes) {
  std::size_t count = 1;
  while (count < form.length && count < bytes.size() && continues(form, bytes, count)) ++count;
  return count;
}

// The length of the character that begins here; 0 where none does.
std::size_t character_length(std::string_view bytes) {
  const auto* form = sequence_of(byte_at(bytes, 0));
  return form && matched(*form, bytes) == form->length ? form->length : 0;
}

// True where the bytes are a character's beginning and more may complete it.
bool unfinished(std::string_view bytes) {
  const auto* form = sequence_of(byte_at(bytes, 0));
  return form && matched(*form, bytes) == bytes.size() && bytes.size() < form->length;
}

char32_t code_point(std::string_view character) {
  constexpr std::array<std::uint8_t, 5> first_mask{0, 0x7f, 0x1f, 0x0f, 0x07};
  char32_t value = byte_at(character, 0) & first_mask[character.size()];
  for (std::size_t at = 1; at < character.size(); ++at)
    value = (value << 6) | (byte_at(character, at) & 0x3fU);
  return value;
}

struct range {
  char32_t first, last;
};
// Unicode's Default_Ignorable_Code_Point and Bidi_Control but for the variation selectors that emoji need,
// and the separators and annotations that terminals and log readers treat as layout.
constexpr std::array unseen{
    range{0x80, 0x9f},       range{0xad, 0xad},       range{0x34f, 0x34f},   range{0x61c, 0x61c},
    range{0x115f, 0x1160},   range{0x17b4, 0x17b5},   range{0x180b, 0x180f}, range{0x200b, 0x200f},
    range{0x2028, 0x202e},   range{0x2060, 0x206f},   range{0x3164, 0x3164}, range{0xfdd0, 0xfdef},
    range{0xfeff, 0xfeff},   range{0xffa0, 0xffa0},   range{0xfff0, 0xfffb}, range{0x1bca0, 0x1bca3},
    range{0x1d173, 0x1d17a}, range{0xe0000, 0xe0fff},
};

bool is_unseen(char32_t point) {
  bool noncharacter = (point & 0xfffe) == 0xfffe;
  return noncharacter ||
         std::ranges::any_of(unseen, [&](const range& r) { return r.first <= point && point <= r.last; });
}

bool is_control(char byte) { return static_cast<std::uint8_t>(byte) < 0x20 || byte == 0x7f; }

void append_byte(std::string& out, char byte) {
  fmt::format_to(std::back_inserter(out), "\\x{:02x}", static_cast<std::uint8_t>(byte));
}

void append_character(std::string& out, std::string_view character) {
  if (character.size() == 1 && is_control(character[0])) return append_byte(out, character[0]);
  auto point = code_point(character);
  if (!is_unseen(point))
    out += character;
  else
    fmt::format_to(std::back_inserter(out), "\\u{{{:x}}}", static_cast<std::uint32_t>(point));
}

// `keep(rest)` says how many bytes at the front of `rest` pass as they are, before anything else is asked.
template <typename Keep>
std::string escape_with(std::string_view bytes, Keep keep, bool double_backslash) {
  std::string out;
  out.reserve(bytes.size());
  while (!bytes.empty()) {
    auto length = std::max(character_length(bytes), std::size_t{1});
    if (auto kept = keep(bytes))
      out += bytes.substr(0, length = kept);
    else if (double_backslash && bytes[0] == '\\')
      out += "\\\\";
    else if (character_length(bytes) == 0)
      append_byte(out, bytes[0]);
    else
      append_character(out, bytes.substr(0, length));
    bytes.remove_prefix(length);
  }
  return out;
}

std::size_t keep_nothing(std::string_view) { return 0; }

std::size_t keep_layout(std::string_view rest) {
  if (rest[0] == '\n' || rest[0] == '\t') return 1;
  return rest.starts_with("\r\n") ? 2 : 0;
}

// How many bytes at the end may belong to what the next piece begins with.
std::size_t unfinished_tail(std::string_view bytes) {
  if (bytes.ends_with('\r')) return 1;
  for (std::size_t length = 1; length <= std::min<std::size_t>(3, bytes.size()); ++length) {
    if (unfinished(bytes.substr(bytes.size() - length))) return length;
  }
  return 0;
}

}  // namespace

std::string escape(std::string_view bytes) { return escape_with(bytes, keep_nothing, true); }

std::string escape_controls(std::string_view bytes) { return escape_with(bytes, keep_nothing, false); }

std::string escape_for_terminal(std::string_view bytes) { return escape_with(bytes, keep_layout, false); }

std::string terminal_text::add(std::string_view piece) {
  auto bytes = std::exchange(kept_, {}).append(piece);
  auto ready = bytes.size() - unfinished_tail(bytes);
  kept_ = bytes.substr(ready);
  return escape_for_terminal(std::string_view(bytes).substr(0, ready));
}

std::string terminal_text::finish() { return escape_for_terminal(std::exchange(kept_, {})); }

bool valid_utf8(std::string_view bytes) noexcept {
  while (!bytes.empty()) {
    auto length = character_length(bytes);
    if (length == 0) return false;
    bytes.remove_prefix(length);
  }
  return true;
}

}  // namespace ahoy::inline v0
