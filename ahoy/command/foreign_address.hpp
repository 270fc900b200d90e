#pragma once
#include <ahoy/command/meant_line.hpp>

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ahoy::inline v0 {

/// The line that is meant by words that are addresses of socat: TCP-LISTEN:9000,fork, UNIX-CONNECT:/tmp/x,
/// EXEC:cat, and - for what stands at our end anyway. nullopt where one of them is none, or says what has no
/// place in a line of ours: nothing is left out of it, least of all who may call.
[[nodiscard]] std::optional<std::string> line_for_addresses(std::span<const std::string_view> words);

/// Whether a word is an address of socat, and nothing that could be meant for an endpoint of ours.
[[nodiscard]] bool is_foreign_address(std::string_view word);

/// Those that are known, in lower case.
[[nodiscard]] std::vector<std::string_view> foreign_address_names();

}  // namespace ahoy::inline v0
