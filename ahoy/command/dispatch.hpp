#pragma once
#include <span>
#include <string_view>

namespace ahoy::inline v0 {

/// Does what the words after `ahoy` say, and returns the exit status. Throws ahoy::error, for what status_of
/// gives the status, and whatever is not foreseen.
[[nodiscard]] int dispatch(std::span<const std::string_view> words);

}  // namespace ahoy::inline v0
