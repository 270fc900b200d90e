#pragma once
#include <string_view>

namespace ahoy::inline v0 {

// Patterns for names of newsgroups: wildmat (RFC 3977, section 4). "comp.*,!comp.lang.*" is all of comp but
// its languages: of the patterns between the commas the last one counts that matches, and ! says that it
// shall not. * stands for any characters, ? for one.

/// Whether it has what a name has not.
[[nodiscard]] bool is_wildmat(std::string_view text) noexcept;

/// Whether it has more than the RFC knows: InterNetNews has sets, [a-z], and backslashes, too. Only the
/// server can tell what such a pattern matches.
[[nodiscard]] bool is_beyond_wildmat(std::string_view text) noexcept;

/// At most patterns times name, whatever the pattern; a character is one of UTF-8, or a byte that is none.
[[nodiscard]] bool matches_wildmat(std::string_view wildmat, std::string_view name) noexcept;

}  // namespace ahoy::inline v0
