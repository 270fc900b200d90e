#pragma once
#include <ahoy/command/option_table.hpp>

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ahoy::inline v0 {

/// The words that may follow `ahoy`.
[[nodiscard]] std::vector<std::string_view> first_words();

/// What bare `ahoy` answers.
[[nodiscard]] std::string usage_text();
/// `ahoy help`.
[[nodiscard]] std::string overview();
/// `ahoy VERB --help`: a line per option.
[[nodiscard]] std::string short_help(verb of);
/// `ahoy help VERB`: the manual.
[[nodiscard]] std::string long_help(verb of);

/// `ahoy help [WORD...]`. Throws usage_error for what there is no help on. Two forms are for the build:
/// `help --man [VERB]` and `help --completion SHELL`.
[[nodiscard]] std::string help_for(std::span<const std::string_view> words);
/// `ahoy examples [VERB]`.
[[nodiscard]] std::string examples_for(std::span<const std::string_view> words);

}  // namespace ahoy::inline v0
