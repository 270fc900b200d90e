#include <ahoy/command/command_line.hpp>
#include <ahoy/command/did_you_mean.hpp>
#include <ahoy/command/help.hpp>
#include <ahoy/command/usage_error.hpp>

#include <fmt/format.h>

namespace ahoy::inline v0 {
namespace {

// The column in which summaries begin.
constexpr std::size_t margin = 32;

std::string left_of(const option& row) {
  std::string text(row.name);
  if (!row.letter.empty()) text = fmt::format("{}, {}", row.letter, row.name);
  return row.value.empty() ? text : fmt::format("{} {}", text, row.value);
}

std::string option_line(const option& row) {
  const auto fallback = row.fallback.empty() ? "" : fmt::format(" [{}]", row.fallback);
  return fmt::format("  {:<{}}{}{}\n", left_of(row), margin - 2, row.summary, fallback);
}

}  // namespace

std::vector<std::string_view> first_words() {
  std::vector<std::string_view> words{"help", "examples"};
  for (const auto which : all_verbs) words.push_back(row_of(which).name);
  return words;
}

std::string usage_text() {
  std::string text = "usage:";
  const char* lead = " ";
  for (const auto which : all_verbs) {
    text += fmt::format("{}ahoy {} {} [options]\n", lead, row_of(which).name, row_of(which).words);
    lead = "       ";
  }
  return text + "`ahoy help` says more, `ahoy examples` shows how.\n";
}

std::string overview() { return usage_text(); }

std::string short_help(verb of) {
  auto text = fmt::format("usage: ahoy {} {} [options]\n", row_of(of).name, row_of(of).words);
  for (const auto* row : options_of(of)) text += option_line(*row);
  return text;
}

std::string long_help(verb of) { return short_help(of); }

std::string help_for(std::span<const std::string_view> words) {
  if (words.empty()) return overview();
  return long_help(*find_verb(words.front()));
}

std::string examples_for(std::span<const std::string_view>) { return ""; }

}  // namespace ahoy::inline v0
