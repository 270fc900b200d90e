#pragma once
#include <span>
#include <string>
#include <string_view>

namespace ahoy::inline v0 {

/// The next step for who typed words of which the first is no verb of ours: another program's verb or
/// address, or no verb at all. Empty where they say nothing of the kind.
[[nodiscard]] std::string foreign_verb(std::span<const std::string_view> words);

/// The same where they begin with an option, be it ours: the line with its verb first, or nothing.
[[nodiscard]] std::string with_verb_first(std::span<const std::string_view> words);

}  // namespace ahoy::inline v0
