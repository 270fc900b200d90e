#pragma once
#include <ahoy/task/context.hpp>

#include <string>
#include <string_view>

namespace ahoy::inline v0 {

/// One line for standard error, whole: "ahoy: " and the text, in which what came from outside is escaped
/// already.
void notice(std::string_view text) noexcept;

/// "1 s", "500 ms", as a notice says it.
[[nodiscard]] std::string in_words(duration length);

}  // namespace ahoy::inline v0
