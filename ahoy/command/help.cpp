#include <ahoy/command/completion.hpp>
#include <ahoy/command/did_you_mean.hpp>
#include <ahoy/command/examples.hpp>
#include <ahoy/command/help.hpp>
#include <ahoy/command/man_page.hpp>
#include <ahoy/command/manual.hpp>
#include <ahoy/command/usage_error.hpp>
#include <ahoy/command/wrapped.hpp>

#include <fmt/format.h>

#include <array>
#include <utility>

namespace ahoy::inline v0 {
namespace {

using kind = manual_block::kind;
using words = std::span<const std::string_view>;

constexpr std::size_t margin = 30;  // the column in which the short help's summaries begin

std::string usage_line(verb of) {
  return fmt::format("ahoy {} {} [options]\n", row_of(of).name, row_of(of).words);
}

std::string option_line(const option& row) {
  const auto fallback = row.fallback.empty() ? "" : fmt::format(" [{}]", row.fallback);
  std::string choices;
  for (const auto& each : row.choices)
    choices += fmt::format("{}{}", choices.empty() ? ": " : ", ", each.word);
  if (row.kind == value_kind::after_eof) choices += ", or a DURATION";
  return wrapped_after(fmt::format("  {} ", term_of(row)),
                       fmt::format("{}{}{}", row.summary, choices, fallback), margin);
}

// Two columns further in than what is around them.
std::string indented(std::string_view lines) {
  std::string text;
  while (!lines.empty()) {
    const auto line = lines.substr(0, lines.find('\n') + 1);
    text += fmt::format("  {}", line);
    lines.remove_prefix(line.size());
  }
  return text;
}

// How a piece looks on a terminal.
std::string shown(const manual_block& block) {
  switch (block.is) {
    case kind::heading:
      return fmt::format("\n{}\n", block.text);
    case kind::subheading:
      return fmt::format("\n  {}:\n", block.text);
    case kind::paragraph:
      return wrapped(block.text, 2);
    case kind::literal:
      return indented(block.text) + "\n";
    case kind::item:
      return fmt::format("  {}\n{}", block.term, wrapped(block.text, 6));
  }
  return {};
}

std::string shown(const std::vector<manual_block>& blocks) {
  std::string text;
  auto before = kind::heading;
  for (const auto& block : blocks) {
    const bool is_next_paragraph =
        block.is == kind::paragraph && before != kind::heading && before != kind::literal;
    text += (is_next_paragraph ? "\n" : "") + shown(block);
    before = block.is;
  }
  return text;
}

std::string guess(std::string_view word, std::span<const std::string_view> known) {
  const auto meant = did_you_mean(word, known);
  return meant ? fmt::format("did you mean {}? ", *meant) : std::string();
}

// The verb that is the only one of `given`.
verb only_verb(words given, std::string_view asker) {
  if (given.size() > 1)
    throw usage_error(usage_errc::surplus, "word", given[1],
                      fmt::format("`ahoy {} [VERB]` takes one verb", asker));
  if (const auto which = find_verb(given[0])) return *which;
  const auto cause = is_later_verb(given[0]) ? usage_errc::not_yet : usage_errc::unknown;
  throw usage_error(
      cause, "verb", given[0],
      fmt::format("{}the verbs are {}", guess(given[0], verb_names()), fmt::join(verb_names(), ", ")));
}

std::string completion_for(words given) {
  for (const auto& each : completions())
    if (given.size() == 1 && given[0] == each.shell) return each.script();
  throw usage_error(usage_errc::unknown, "shell", given.empty() ? "" : given[0], "say bash, zsh or fish");
}

std::string man_page_for(words given) {
  return given.empty() ? man_page() : man_page(only_verb(given, "help --man"));
}

}  // namespace

std::vector<std::string_view> first_words() {
  auto names = verb_names();
  names.insert(names.end(), {"help", "examples"});
  return names;
}

std::string usage_text() {
  std::string text;
  for (const auto which : all_verbs) text += (text.empty() ? "usage: " : "       ") + usage_line(which);
  return text + "`ahoy help` says more, `ahoy examples` shows how.\n";
}

std::string overview() {
  std::string text = "ahoy " AHOY_VERSION ": two-way conversations between machines\n\n";
  for (const auto which : all_verbs)
    text += wrapped_after(fmt::format("  ahoy {} {} ", row_of(which).name, row_of(which).words),
                          row_of(which).summary, margin + 8);
  text += wrapped_after("  ahoy help VERB ", "the manual of a verb", margin + 8);
  text += wrapped_after("  ahoy VERB --help ", "its options, a line each", margin + 8);
  text += wrapped_after("  ahoy examples [VERB] ", "commands to paste", margin + 8);
  text += wrapped_after("  ahoy --version ", "its version", margin + 8);
  return text + shown(manual());
}

std::string short_help(verb of) {
  auto text = fmt::format("usage: {}{}", usage_line(of), wrapped(row_of(of).summary, 2));
  const auto rows = options_of(of);
  for (int at = 0; at <= static_cast<int>(last_section); ++at) {
    bool is_first = true;
    for (const auto* row : rows) {
      if (row->section_in(of) != static_cast<section>(at)) continue;
      if (std::exchange(is_first, false)) text += fmt::format("\n{}:\n", title_of(static_cast<section>(at)));
      text += option_line(*row);
    }
  }
  return text + fmt::format("\n`ahoy help {0}` says more, `ahoy examples {0}` shows how.\n", row_of(of).name);
}

std::string long_help(verb of) {
  return fmt::format("usage: {}{}", usage_line(of), wrapped(row_of(of).summary, 2)) + shown(manual_of(of));
}

std::string help_for(words given) {
  if (given.empty() || given[0] == "--help" || given[0] == "-h") return overview();
  if (given[0] == "--man") return man_page_for(given.subspan(1));
  if (given[0] == "--completion") return completion_for(given.subspan(1));
  return long_help(only_verb(given, "help"));
}

std::string examples_for(words given) {
  const bool is_all = given.empty() || given[0] == "--help" || given[0] == "-h";
  const auto wanted = is_all ? verb::listen : only_verb(given, "examples");
  std::string text;
  for (const auto& each : all_examples())
    if (is_all || each.verb == wanted)
      text += fmt::format("{}# {}:\n{}", text.empty() ? "" : "\n", each.title, each.commands);
  return text;
}

}  // namespace ahoy::inline v0
