#pragma once
#include <ahoy/command/option_table.hpp>

#include <string>
#include <vector>

namespace ahoy::inline v0 {

/// A piece of the manual. `ahoy help` and the man pages are two ways to show the same pieces. In texts,
/// `code` stands between backquotes.
struct manual_block {
  enum class kind { heading, subheading, paragraph, literal, item };

  manual_block(kind what, std::string words, std::string name = {})
      : is(what), text(std::move(words)), term(std::move(name)) {}

  kind is;
  std::string text;  ///< of a literal: lines, each ended by LF
  std::string term;  ///< of an item: what it explains
};

/// The manual of `ahoy` itself, and of a verb, from the description on: name and synopsis are shown
/// elsewhere.
[[nodiscard]] std::vector<manual_block> manual();
[[nodiscard]] std::vector<manual_block> manual_of(verb which);

/// "-v, --verbose", "--timeout DURATION".
[[nodiscard]] std::string term_of(const option& row);

}  // namespace ahoy::inline v0
