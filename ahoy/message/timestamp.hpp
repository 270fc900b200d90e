#pragma once
#include <chrono>
#include <string>

namespace ahoy::inline v0 {

/// RFC 3339 in UTC, with milliseconds: "2026-01-31T23:59:59.123Z".
[[nodiscard]] std::string timestamp(std::chrono::system_clock::time_point when);

}  // namespace ahoy::inline v0
