#pragma once
#include <ahoy/command/option_table.hpp>
#include <ahoy/command/status.hpp>

#include <string_view>
#include <vector>

namespace ahoy::inline v0 {

/// Those that a verb can end with, in their order.
[[nodiscard]] std::vector<status_meaning> statuses_of(verb which);

/// What a status tells where it is this verb's: exactly when it is that one and no other. Where the verb adds
/// nothing, it is the row's own meaning.
[[nodiscard]] std::string_view status_text(const status_meaning& row, verb of) noexcept;

}  // namespace ahoy::inline v0
