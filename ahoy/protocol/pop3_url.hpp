#pragma once
#include <cstdint>
#include <optional>
#include <string_view>

namespace ahoy::inline v0 {

/// The message that the path of a URL of POP3 names: "/3"; nothing where it names the mailbox: "" and "/".
/// Throws error (malformed).
[[nodiscard]] std::optional<std::uint64_t> parse_pop3_path(std::string_view path);

}  // namespace ahoy::inline v0
