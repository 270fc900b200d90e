#include <ahoy/address/ascii.hpp>
#include <ahoy/message/base64.hpp>
#include <ahoy/protocol/encoded_word.hpp>

#include <iconv.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

namespace ahoy::inline v0 {

namespace {

constexpr std::string_view blanks = " \t\r\n";
constexpr std::size_t longest_charset = 40;
constexpr std::size_t bytes_in_word = 45;   // 60 characters, where 63 have room (RFC 2047, section 2)
constexpr std::size_t longest_plain = 900;  // a line may have 998 (RFC 5322, section 2.1.1)

struct word {
  std::string charset, bytes;
  std::size_t size = 0;  // as it was written
};

std::string from_quoted(std::string_view text) {
  std::string bytes;
  for (std::size_t at = 0; at < text.size(); ++at) {
    unsigned value = 0;
    const char* const digits = text.data() + at + 1;
    const bool is_byte = text[at] == '=' && at + 2 < text.size() &&
                         std::from_chars(digits, digits + 2, value, 16).ptr == digits + 2;
    bytes += is_byte ? static_cast<char>(value) : text[at] == '_' ? ' ' : text[at];
    at += is_byte ? 2 : 0;
  }
  return bytes;
}

bool is_charset(std::string_view name) {
  const auto fits = [](char c) {
    return is_letter(c) || is_digit(c) || std::string_view{"-_.:+"}.find(c) != std::string_view::npos;
  };
  return !name.empty() && name.size() <= longest_charset && std::ranges::all_of(name, fits);
}

/// "=?utf-8?Q?caf=C3=A9?=" at the begin of `text`.
std::optional<word> word_at(std::string_view text) {
  if (!text.starts_with("=?")) return std::nullopt;
  const auto charset = text.substr(2, text.find('?', 2) - 2);
  const std::size_t form = 2 + charset.size() + 1;
  if (form + 2 > text.size() || text[form + 1] != '?') return std::nullopt;
  const auto end = text.find("?=", form + 2);
  const auto content = text.substr(form + 2, end - form - 2);
  const char encoding = lower(text[form]);
  const auto name = charset.substr(0, charset.find('*'));  // a language follows (RFC 2231, section 5)
  const bool is_word = end != text.npos && content.find_first_of(" ?") == content.npos && is_charset(name);
  if (!is_word || (encoding != 'b' && encoding != 'q')) return std::nullopt;
  return word{lower(name), encoding == 'b' ? base64_decoded(content) : from_quoted(content), end + 2};
}

/// Decoded words side by side: a character may be cut between two of one character set.
class decoded_words {
 public:
  void add(word found) {
    if (found.charset != charset_) finish();
    charset_ = std::move(found.charset);
    bytes_ += found.bytes;
  }
  void finish() {
    text_ += to_utf8(charset_, bytes_);
    bytes_.clear();
  }
  void add_plain(std::string_view plain) {
    finish();
    text_ += plain;
  }
  [[nodiscard]] std::string text() && {
    finish();
    return std::move(text_);
  }

 private:
  std::string charset_, bytes_, text_;
};

bool is_plain(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c >= ' ' && c < 127; }) &&
         text.find("=?") == text.npos;
}

std::size_t begin_of_character(std::string_view text, std::size_t at) {
  constexpr unsigned continuation = 0x80;
  while (at > 0 && at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0U) == continuation) --at;
  return at;
}

struct conversion {
  conversion(const char* to, const char* from) : handle(::iconv_open(to, from)) {}
  conversion(const conversion&) = delete;
  conversion& operator=(const conversion&) = delete;
  ~conversion() {
    if (is_open()) ::iconv_close(handle);
  }
  // NOLINTNEXTLINE(performance-no-int-to-ptr): so iconv_open(3) fails
  [[nodiscard]] bool is_open() const noexcept { return handle != reinterpret_cast<iconv_t>(-1); }
  iconv_t handle;
};

}  // namespace

std::string to_utf8(std::string_view charset, std::string_view bytes) {
  if (!is_charset(charset) || charset == "utf-8" || charset == "us-ascii") return std::string{bytes};
  const conversion with{"UTF-8", std::string{charset}.c_str()};
  if (!with.is_open()) return std::string{bytes};
  std::string from{bytes};
  std::string text(from.size() * 6 + 16, '\0');
  char* in = from.data();
  char* out = text.data();
  std::size_t in_left = from.size();
  std::size_t out_left = text.size();
  if (::iconv(with.handle, &in, &in_left, &out, &out_left) == static_cast<std::size_t>(-1)) return from;
  ::iconv(with.handle, nullptr, nullptr, &out, &out_left);
  text.resize(text.size() - out_left);
  return text;
}

std::string decode_words(std::string_view value) {
  decoded_words all;
  bool follows_word = false;
  while (!value.empty()) {
    const std::size_t gap = std::min(value.find_first_not_of(blanks), value.size());
    std::optional<word> found = word_at(value.substr(gap));
    const bool is_word = found.has_value();
    if (is_word) {
      if (!follows_word && gap > 0) all.add_plain(value.substr(0, gap));  // between two words it is not meant
      value.remove_prefix(gap + found->size);
      all.add(*std::move(found));
    } else {
      const std::size_t next =
          std::max(std::min(value.find("=?", gap + 1), value.find_first_of(blanks, gap)), gap + 1);
      all.add_plain(value.substr(0, next));
      value.remove_prefix(std::min(next, value.size()));
    }
    follows_word = is_word;
  }
  return std::move(all).text();
}

std::string encode_words(std::string_view text) {
  if (is_plain(text) && text.size() < longest_plain) return std::string{text};
  std::string encoded;
  while (!text.empty()) {
    const std::size_t most = std::min(bytes_in_word, text.size());
    const std::size_t size = std::max<std::size_t>(begin_of_character(text, most), 1);
    encoded +=
        (encoded.empty() ? "=?UTF-8?B?" : "\r\n =?UTF-8?B?") + base64_encoded(text.substr(0, size)) + "?=";
    text.remove_prefix(size);
  }
  return encoded;
}

}  // namespace ahoy::inline v0
