#pragma once
#include <chrono>
#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>

namespace ahoy::inline v0 {

// The values of the command's options. Each function reads the whole text or throws ahoy::error:
// errc::malformed for what is no such value (empty, signs, spaces, trailing characters), errc::out_of_range
// for what is one but is not allowed; nothing wraps or is rounded. `name` is what the error calls the value,
// as in `read --timeout "5": malformed`; the hint says what to write instead.

/// 100 years: far from the end of any clock that it may be added to.
inline constexpr std::chrono::nanoseconds longest_duration = std::chrono::hours(24) * 365 * 100;

/// "500ms", "2s", "1.5s", "1m", "1h". "none" is no limit, and no value.
[[nodiscard]] std::optional<std::chrono::nanoseconds> parse_duration(std::string_view name,
                                                                     std::string_view text);

/// A number of bytes: "10", "64k", "1m", "2g" (powers of 1024; capitals are read too), from `least` to
/// `most`.
[[nodiscard]] std::uint64_t parse_size(std::string_view name, std::string_view text, std::uint64_t least = 0,
                                       std::uint64_t most = std::numeric_limits<std::uint64_t>::max());

/// A decimal number from `least` to `most`.
[[nodiscard]] std::int64_t parse_integer(std::string_view name, std::string_view text, std::int64_t least,
                                         std::int64_t most);

}  // namespace ahoy::inline v0
