#pragma once
#include <new>
#include <string>
#include <string_view>

namespace ahoy::inline v0 {

/// What is said where memory has run out: short enough for std::string not to allocate.
inline constexpr const char* no_memory = "out of memory";

/// A copy of these words; of those that there is no memory for, that.
[[nodiscard]] inline std::string unless_no_memory(std::string_view words) noexcept {
  try {
    return std::string{words};
  } catch (const std::bad_alloc&) {
    return no_memory;
  }
}

}  // namespace ahoy::inline v0
