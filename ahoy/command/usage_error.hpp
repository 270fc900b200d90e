#pragma once
#include <ahoy/error/error.hpp>

#include <string>
#include <string_view>
#include <system_error>

namespace ahoy::inline v0 {

/// What can be wrong with a command line, beyond values that cannot be read (errc::malformed, out_of_range).
enum class usage_errc {
  unknown = 1,
  other_verb,      ///< an option, but of another verb
  value_missing,   ///< --timeout at the end
  value_unwanted,  ///< --hex=yes
  missing,         ///< no endpoint
  surplus,         ///< a word that nothing can be made of
  misplaced,       ///< an option before its verb
  contradictory,   ///< with another option, or with the endpoint
  not_yet,         ///< planned; this version does not have it
  left_out,        ///< what one option asks for, by another
};

/// The category of usage_errc; its name is "ahoy usage".
[[nodiscard]] const std::error_category& usage_category() noexcept;
[[nodiscard]] std::error_code make_error_code(usage_errc cause) noexcept;

/// `option "--frmaing": unknown`, with `hint` as the next step. `text` is escaped, and cut where it is long.
[[nodiscard]] error usage_error(usage_errc cause, std::string_view what, std::string_view text,
                                const std::string& hint);

/// `text` for a message: escaped, between quotes, at most some 60 characters of it.
[[nodiscard]] std::string quoted(std::string_view text);

}  // namespace ahoy::inline v0

template <>
struct std::is_error_code_enum<ahoy::usage_errc> : std::true_type {};
