#include <ahoy/error/error.hpp>
#include <ahoy/error/escape.hpp>
#include <ahoy/protocol/header_line.hpp>

#include <openssl/evp.h>

#include <algorithm>
#include <vector>

namespace ahoy::inline v0 {

namespace {

/// Lines of no more, without their ends (RFC 5322, section 2.1.1), unless a word has no space in it.
constexpr std::size_t longest_line = 78;
/// "=?UTF-8?B?" and "?=" stand around an encoded word, which has at most 75 characters (RFC 2047, section 2): these
/// hold 45 bytes in base64, and what begins a line is left room for.
constexpr std::size_t most_encoded = 39;

[[noreturn]] void refuse(std::string_view text, const std::string& hint) {
  throw error{make_error_code(errc::malformed), "write header", escape(text), hint};
}

bool is_ascii(std::string_view text) noexcept {
  return std::ranges::all_of(text, [](char each) { return static_cast<unsigned char>(each) < 0x80; });
}

bool continues(char byte) noexcept { return (static_cast<unsigned char>(byte) & 0xc0) == 0x80; }

void check(std::string_view name, std::string_view text) {
  const auto is_of_name = [](char each) { return each > ' ' && each < 0x7f && each != ':'; };
  const auto is_control = [](char each) { return (static_cast<unsigned char>(each) < ' ' && each != '\t') || each == 0x7f; };
  if (name.empty() || !std::ranges::all_of(name, is_of_name)) refuse(name, "a header's name is of printable ASCII, without spaces");
  if (std::ranges::any_of(text, is_control)) refuse(text, "a header is one line, without control bytes");
  if (!valid_utf8(text)) refuse(text, "a header is UTF-8");
}

std::string encoded_word(std::string_view bytes) {
  std::string text((bytes.size() + 2) / 3 * 4 + 1, '\0');  // EVP_EncodeBlock writes a NUL, too
  EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()), reinterpret_cast<const unsigned char*>(bytes.data()),
                  static_cast<int>(bytes.size()));
  text.pop_back();
  return "=?UTF-8?B?" + text + "?=";
}

/// With a space between them, which is not shown (RFC 2047, section 6.2). No character is in two of them.
std::string encoded(std::string_view text) {
  std::string words;
  while (!text.empty()) {
    std::size_t size = std::min(text.size(), most_encoded);
    while (size < text.size() && continues(text[size])) --size;
    words += (words.empty() ? "" : " ") + encoded_word(text.substr(0, size));
    text.remove_prefix(size);
  }
  return words;
}

/// All of it, where anything has to be: what looks like an encoded word, too.
std::string encoded_if_needed(std::string_view text) {
  return is_ascii(text) && text.find("=?") == text.npos ? std::string{text} : encoded(text);
}

std::string folded(std::string_view name, std::string_view text) {
  std::string lines{name};
  lines += ':';
  std::size_t width = lines.size();
  while (!text.empty()) {
    const auto word_begin = std::min(text.find_first_not_of(" \t"), text.size());
    const auto end = std::min(text.find_first_of(" \t", word_begin), text.size());
    const auto word = text.substr(word_begin, end - word_begin);
    const bool is_first = width == name.size() + 1;
    const bool has_room = is_first || width + 1 + word.size() <= longest_line;
    if (!has_room) lines += "\r\n";
    width = has_room ? width : 0;
    // A line of spaces alone would end the header: those at the end are left out.
    if (!word.empty()) lines += ' ' + std::string{word};
    width += word.size() + 1;
    text.remove_prefix(end);
  }
  return lines + "\r\n";
}

std::string_view trimmed(std::string_view text) noexcept {
  const auto begin = text.find_first_not_of(" \t");
  if (begin == text.npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

/// One: "Älice <alice@example.org>", or the address alone.
std::string address_text(std::string_view one) {
  const auto bracket = one.rfind('<');
  const std::string_view name = bracket == one.npos ? std::string_view{} : trimmed(one.substr(0, bracket));
  const std::string_view address = trimmed(bracket == one.npos ? one : one.substr(bracket));
  if (!is_ascii(address)) refuse(one, "an address is ASCII; a name before it may be anything: 'NAME <USER@HOST>'");
  if (name.empty()) return std::string{address};
  if (is_ascii(name)) return std::string{name} + ' ' + std::string{address};
  const bool is_quoted = name.size() > 1 && name.front() == '"' && name.back() == '"';
  return encoded(is_quoted ? name.substr(1, name.size() - 2) : name) + ' ' + std::string{address};
}

/// Between the commas that stand outside of quotes.
std::vector<std::string_view> addresses_of(std::string_view text) {
  std::vector<std::string_view> all;
  bool is_quoted = false;
  std::size_t begin = 0;
  for (std::size_t at = 0; at <= text.size(); ++at) {
    if (at < text.size() && text[at] == '"') is_quoted = !is_quoted;
    const bool is_end = at == text.size() || (text[at] == ',' && !is_quoted);
    if (!is_end) continue;
    all.push_back(trimmed(text.substr(begin, at - begin)));
    begin = at + 1;
  }
  return all;
}

}  // namespace

std::string text_header_line(std::string_view name, std::string_view text) {
  check(name, text);
  return folded(name, encoded_if_needed(text));
}

std::string address_header_line(std::string_view name, std::string_view addresses) {
  check(name, addresses);
  std::string all;
  for (const std::string_view each : addresses_of(addresses)) all += (all.empty() ? "" : ", ") + address_text(each);
  return folded(name, all);
}

}  // namespace ahoy::inline v0
