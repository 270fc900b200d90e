#pragma once
#include <cstddef>
#include <string>
#include <string_view>

namespace ahoy::inline v0 {

/// The words of `text` in lines of at most `width` columns (a longer word gets a line of its own), each after
/// `indent` spaces and ended by LF. A column is a character of UTF-8; no wide ones are expected.
[[nodiscard]] std::string wrapped(std::string_view text, std::size_t indent, std::size_t width = 80);

/// `text` as the right one of two columns: the first line follows `left`, or stands below it where that is
/// too long to leave a space before column `margin`.
[[nodiscard]] std::string wrapped_after(std::string_view left, std::string_view text, std::size_t margin);

}  // namespace ahoy::inline v0
