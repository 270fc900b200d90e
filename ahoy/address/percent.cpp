#include <ahoy/address/ascii.hpp>
#include <ahoy/address/percent.hpp>
#include <ahoy/error/error.hpp>
#include <ahoy/error/escape.hpp>

#include <fmt/format.h>

namespace ahoy::inline v0 {

namespace {

int hex_digit(char c) {
  if (is_digit(c)) return c - '0';
  return lower(c) >= 'a' && lower(c) <= 'f' ? lower(c) - 'a' + 10 : -1;
}

/// The byte of "%41" at the begin of `text`; 0 where there is none.
int byte_at(std::string_view text) {
  const int high = text.size() < 3 ? -1 : hex_digit(text[1]);
  const int low = text.size() < 3 ? -1 : hex_digit(text[2]);
  return high < 0 || low < 0 ? 0 : high * 16 + low;
}

}  // namespace

std::string percent_decoded(std::string_view text) {
  std::string plain;
  while (!text.empty()) {
    const bool is_encoded = text.starts_with('%');
    const int byte = is_encoded ? byte_at(text) : text.front();
    if (is_encoded && byte == 0)
      throw error{make_error_code(errc::malformed), "read", escape(text),
                  "two hexadecimal digits follow a %, and no byte is 0"};
    plain += static_cast<char>(byte);
    text.remove_prefix(is_encoded ? 3 : 1);
  }
  return plain;
}

std::string percent_encoded(std::string_view text, std::string_view kept) {
  std::string encoded;
  for (const char each : text) {
    const bool stays = is_letter(each) || is_digit(each) ||
                       std::string_view{"-._~"}.find(each) != std::string_view::npos ||
                       kept.find(each) != kept.npos;
    encoded += stays ? std::string{each} : fmt::format("%{:02X}", static_cast<unsigned char>(each));
  }
  return encoded;
}

}  // namespace ahoy::inline v0
