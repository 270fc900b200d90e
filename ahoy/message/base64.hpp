#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ahoy::inline v0 {

// Base64 (RFC 4648, section 4). No input or output here.

/// In one line, with its padding.
[[nodiscard]] std::string base64_encoded(std::string_view bytes);
/// What is no digit is passed over (RFC 2045, section 6.8); reading ends at the padding.
[[nodiscard]] std::string base64_decoded(std::string_view text);
/// Nothing where it is not exactly what base64_encoded() makes: each byte string has one text.
[[nodiscard]] std::optional<std::string> base64_decoded_strictly(std::string_view text);

/// Lines of 76 characters that end in CR LF (RFC 2045, section 6.8), piece by piece.
class base64_lines {
 public:
  void add(std::string_view bytes, std::string& lines);
  /// The last line, if one has begun.
  void finish(std::string& lines);
  /// Of so many bytes, encoded, with the ends of the lines.
  [[nodiscard]] static std::uint64_t size_of(std::uint64_t bytes) noexcept;

 private:
  std::string kept_;  // less than a line
};

}  // namespace ahoy::inline v0
