#pragma once
#include <string_view>
#include <system_error>

namespace ahoy::inline v0 {

/// The next step that usually helps when `verb` failed because of `cause`; empty where we know of none.
/// `verb` is the first word of an error's verb: "connect" for "connect to".
[[nodiscard]] std::string_view usual_hint(std::string_view verb, const std::error_code& cause) noexcept;

}  // namespace ahoy::inline v0
