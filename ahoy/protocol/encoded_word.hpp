#pragma once
#include <string>
#include <string_view>

namespace ahoy::inline v0 {

// Words of other languages in a header (RFC 2047). No input or output here.

/// The value of a field, unfolded, as UTF-8. A word that cannot be decoded stays as it is; so do bytes that
/// are no UTF-8: who shows them escapes them.
[[nodiscard]] std::string decode_words(std::string_view value);

/// UTF-8, as a header holds it: unchanged where it is printable ASCII and of bearable length, else in words
/// of base64, each on a line of its own.
[[nodiscard]] std::string encode_words(std::string_view text);

/// `bytes` of a character set that IANA knows, as UTF-8; `bytes` where that cannot be done.
[[nodiscard]] std::string to_utf8(std::string_view charset, std::string_view bytes);

}  // namespace ahoy::inline v0
