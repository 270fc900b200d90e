#pragma once
#include <ahoy/command/options.hpp>
#include <ahoy/error/error.hpp>

namespace ahoy::inline v0 {

/// The same failure; where an option or another scheme may help, of which the library does not know, its hint
/// says so.
[[nodiscard]] error advised(const error& failure, const endpoint& to, bool has_login);

}  // namespace ahoy::inline v0
