#pragma once
#include <ahoy/command/option_table.hpp>

#include <string>

namespace ahoy::inline v0 {

/// The end rule of a verb for its manual, as docs/end-rule.md has it (tests/end_rule_test.py compares them
/// and runs every row): paragraphs, each ended by LF; the lines of a table begin with a space.
[[nodiscard]] std::string end_rule_text(verb of);

}  // namespace ahoy::inline v0
