#pragma once
#include <ahoy/command/option_table.hpp>

#include <span>
#include <string_view>
#include <vector>

namespace ahoy::inline v0 {

struct given_option {
  const option* what;
  std::string_view value;  ///< empty for those that take none
};

/// The words after a verb, sorted; nothing of it has been read as a value yet. Refers to the words it was
/// made of.
struct command_line {
  explicit command_line(ahoy::verb which) : verb(which) {}

  ahoy::verb verb;
  std::vector<given_option> options;    ///< in their order
  std::vector<std::string_view> words;  ///< what is no option
  std::vector<std::string_view> exec;   ///< what --exec took
  const option* request = nullptr;      ///< --help or --version: what came after it was not looked at
};

/// Options may stand before, between and after the words; `--` ends them; `--name value` and `--name=value`
/// are the same; letters may share a dash (-4v); --exec takes everything after it as it is. The word `-` is
/// no option. Throws usage_error for an option that is unknown, another verb's, or without its value: a word
/// that is itself an option is no value, unless it is written with `=`.
[[nodiscard]] command_line parse_command_line(verb which, std::span<const std::string_view> words);

}  // namespace ahoy::inline v0
