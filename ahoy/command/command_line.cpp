#include <ahoy/command/command_line.hpp>
#include <ahoy/command/curl_option.hpp>
#include <ahoy/command/did_you_mean.hpp>
#include <ahoy/command/foreign_option.hpp>
#include <ahoy/command/usage_error.hpp>
#include <ahoy/command/word_cursor.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <optional>
#include <string>

namespace ahoy::inline v0 {
namespace {

std::vector<std::string_view> spellings_of(verb which) {
  std::vector<std::string_view> spellings;
  for (const auto* row : options_of(which)) {
    spellings.push_back(row->name);
    if (!row->letter.empty()) spellings.push_back(row->letter);
  }
  return spellings;
}

std::string guess(verb which, std::string_view spelling) {
  const auto spellings = spellings_of(which);
  const auto meant = did_you_mean(spelling, spellings);
  return meant ? fmt::format("did you mean {}? ", *meant) : std::string();
}

std::string where_options_are(verb which) {
  return fmt::format("`ahoy help {}` lists the options", row_of(which).name);
}

[[noreturn]] void refuse_unknown(verb which, std::span<const std::string_view> words,
                                 std::string_view spelling) {
  const auto of_curl = curl_option(which, words, spelling);
  const auto foreign = of_curl.empty() ? foreign_option(which, words, spelling) : of_curl;
  if (!foreign.empty()) throw usage_error(usage_errc::unknown, "option", spelling, foreign);
  const bool is_long = spelling.starts_with("--");
  const auto* dash = is_long ? "" : "; a word that begins with - stands after --";
  throw usage_error(usage_errc::unknown, "option", spelling,
                    guess(which, spelling) + where_options_are(which) + dash);
}

[[noreturn]] void refuse_other_verb(verb which, const option& row) {
  throw usage_error(usage_errc::other_verb, "option", row.name,
                    fmt::format("it is an option of {}. {}{}", fmt::join(words_of(row.verbs), " and "),
                                guess(which, row.name), where_options_are(which)));
}

/// Goes through the words once, from left to right.
class reading {
 public:
  reading(verb which, std::span<const std::string_view> words) : given_(words), rest_(words), line_(which) {}

  command_line all() && {
    while (!rest_.is_at_end() && line_.request == nullptr) read(rest_.take());
    return std::move(line_);
  }

 private:
  void read(std::string_view word) {
    if (word == "--")
      rest_.take_all(line_.words);
    else if (word.starts_with("--"))
      read_long(word);
    else if (word.starts_with('-') && word.size() > 1)
      read_letters(word);
    else
      line_.words.push_back(word);
  }

  const option& option_named(std::string_view spelling) {
    const auto* found = find_option(spelling);
    if (found == nullptr) refuse_unknown(line_.verb, given_, spelling);
    if (!found->is_of(line_.verb)) refuse_other_verb(line_.verb, *found);
    return *found;
  }

  void read_long(std::string_view word) {
    const auto equals = word.find('=');
    const auto& what = option_named(word.substr(0, equals));
    std::optional<std::string_view> value;
    if (equals != word.npos) value = word.substr(equals + 1);
    if (value && !what.has_value())
      throw usage_error(usage_errc::value_unwanted, "option", word, fmt::format("write {} alone", what.name));
    keep(what, value);
  }

  // None of the letters takes a value.
  void read_letters(std::string_view word) {
    for (const char letter : word.substr(1)) {
      const auto* found = find_option(std::string{'-', letter});
      if (found == nullptr) refuse_unknown(line_.verb, given_, word);
      keep(option_named(found->name), std::nullopt);
    }
  }

  void keep(const option& what, std::optional<std::string_view> value) {
    if (what.kind == value_kind::request && line_.request == nullptr) line_.request = &what;
    if (what.kind == value_kind::command)
      keep_command(value);
    else
      line_.options.push_back({&what, what.has_value() ? value_of(what, value) : std::string_view()});
  }

  void keep_command(std::optional<std::string_view> first) {
    if (first) line_.exec.push_back(*first);
    rest_.take_all(line_.exec);
    if (line_.exec.empty() || line_.exec.front().empty())
      throw usage_error(usage_errc::value_missing, "option", "--exec",
                        "a program and its arguments follow, as in --exec cat");
  }

  std::string_view value_of(const option& what, std::optional<std::string_view> value) {
    if (value) return *value;
    if (!rest_.is_at_end() && !is_option(rest_.front())) return rest_.take();
    const auto* literal = rest_.is_at_end() ? "" : "; where the value begins with --, write it after a =";
    throw usage_error(usage_errc::value_missing, "option", what.name,
                      fmt::format("write {} {}{}", what.name, what.value, literal));
  }

  static bool is_option(std::string_view word) {
    return word == "--" || find_option(word.substr(0, word.find('='))) != nullptr;
  }

  std::span<const std::string_view> given_;
  word_cursor rest_;
  command_line line_;
};

}  // namespace

command_line parse_command_line(verb which, std::span<const std::string_view> words) {
  return reading(which, words).all();
}

}  // namespace ahoy::inline v0
