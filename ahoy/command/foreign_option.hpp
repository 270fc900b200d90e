#pragma once
#include <ahoy/command/option_table.hpp>

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ahoy::inline v0 {

/// What does here what an option of nc or ncat does there: the next step for who typed it, with the whole
/// line to type where the words say enough for one, else with an example. `word` is as it was typed, "-p",
/// "-lu", "-p8080", "--udp", and is among `words`, which are those beside the verb, if there is one. Empty
/// where it is none of theirs.
[[nodiscard]] std::string foreign_option(std::optional<verb> of, std::span<const std::string_view> words,
                                         std::string_view word);

/// The line that is meant by such words; nullopt where they say too little, what is not known here, or what
/// ahoy would refuse.
[[nodiscard]] std::optional<std::string> line_for(std::optional<verb> of,
                                                  std::span<const std::string_view> words);

/// The same for words that followed the name of nc or ncat: their --exec has one value, where ours takes all
/// the words that follow.
[[nodiscard]] std::optional<std::string> line_for_netcat(std::span<const std::string_view> words);

/// Every spelling that is known, of a letter with its dash.
[[nodiscard]] std::vector<std::string> foreign_spellings();

}  // namespace ahoy::inline v0
