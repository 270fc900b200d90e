#pragma once
#include <ahoy/error/error.hpp>

#include <string>
#include <string_view>

namespace ahoy::inline v0 {

/// The error of a text that cannot be taken: `read port "99999": out of range`. The text is escaped here, and
/// a password in it is not shown;
/// `what` says what was to be read, `hint` what would be taken.
[[nodiscard]] error unreadable(std::string_view what, std::string_view text, const std::string& hint,
                               errc cause = errc::malformed);

}  // namespace ahoy::inline v0
