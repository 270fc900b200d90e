#pragma once
#include <string>
#include <string_view>

// What an error that quotes somebody's words must not give away.
namespace ahoy::inline v0 {

/// Where a password stands in NAME:PASSWORD@host, with or without a scheme before it (RFC 3986, section
/// 3.2.1); empty where none does.
[[nodiscard]] std::string_view password_in(std::string_view word) noexcept;
/// The word, with *** for that.
[[nodiscard]] std::string without_password(std::string_view word);

/// A word of a file that may not be the one which was meant, but one of tokens: of what may be one (16
/// bytes at least, and neither the . nor the : of an address) its beginning.
[[nodiscard]] std::string without_token(std::string_view word);

}  // namespace ahoy::inline v0
