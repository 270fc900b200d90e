#include <ahoy/address/ascii.hpp>
#include <ahoy/command/foreign_address.hpp>
#include <ahoy/command/foreign_option.hpp>
#include <ahoy/command/foreign_verb.hpp>
#include <ahoy/command/option_table.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <vector>

namespace ahoy::inline v0 {

namespace {

struct verb_word {
  std::string_view theirs;
  verb ours;
};

constexpr std::array rows{
    verb_word{"connect", verb::call},  verb_word{"client", verb::call},  verb_word{"open", verb::call},
    verb_word{"dial", verb::call},     verb_word{"join", verb::call},    verb_word{"telnet", verb::call},
    verb_word{"server", verb::listen}, verb_word{"serve", verb::listen}, verb_word{"bind", verb::listen},
    verb_word{"accept", verb::listen}, verb_word{"write", verb::send},   verb_word{"deliver", verb::send},
    verb_word{"post", verb::send},     verb_word{"put", verb::send},     verb_word{"upload", verb::send},
    verb_word{"mail", verb::send},     verb_word{"get", verb::fetch},    verb_word{"download", verb::fetch},
    verb_word{"curl", verb::fetch},    verb_word{"wget", verb::fetch},
};

/// Others' own names: what follows is as they have it.
struct tool {
  std::string_view name;
  std::optional<std::string> (*line)(std::span<const std::string_view> words);
};

constexpr std::array tools{
    tool{"nc", line_for_netcat},
    tool{"ncat", line_for_netcat},
    tool{"netcat", line_for_netcat},
    tool{"socat", line_for_addresses},
};

std::string instead_of(const tool& which, std::span<const std::string_view> rest) {
  const auto line = which.line(rest);
  return line ? fmt::format("that is here: {}", *line) : std::string{};
}

std::string instead_of(const verb_word& row, std::span<const std::string_view> rest) {
  const auto line = line_for(row.ours, rest);
  const auto name = row_of(row.ours).name;
  return fmt::format("the verb is {}: {}", name,
                     line.value_or(fmt::format("`ahoy help {}` says more", name)));
}

bool is_endpoint(std::span<const std::string_view> words) {
  const bool has_port = words.size() > 1 && (all_digits(words[1]) || words[1].find('-') != words[1].npos);
  return words[0].find(':') != words[0].npos || has_port;
}

std::string without_verb(std::span<const std::string_view> words) {
  const std::array<std::string_view, 2> called{"HOST", words[0]};
  if (words.size() == 1 && all_digits(words[0]) && line_for(verb::call, called))
    return fmt::format("a verb comes first: ahoy listen {0}, or ahoy call HOST {0}", words[0]);
  if (!is_endpoint(words)) return {};
  const bool is_port = words[0].starts_with(":") && !words[0].starts_with("::");
  const auto which = words.size() > 2 && !words[2].starts_with('-') ? verb::send : verb::call;
  const auto line = line_for(is_port ? verb::listen : which, words);
  return line ? fmt::format("a verb comes first: {}", *line) : std::string{};
}

}  // namespace

std::string foreign_verb(std::span<const std::string_view> words) {
  const auto* row = std::ranges::find(rows, lower(words[0]), &verb_word::theirs);
  if (row != rows.end()) return instead_of(*row, words.subspan(1));
  const auto* other = std::ranges::find(tools, lower(words[0]), &tool::name);
  if (other != tools.end()) return instead_of(*other, words.subspan(1));
  if (const auto line = line_for_addresses(words)) return fmt::format("that is here: {}", *line);
  return without_verb(words);
}

std::string with_verb_first(std::span<const std::string_view> words) {
  std::vector<std::string_view> rest{words.begin(), words.end()};
  const auto is_verb = [](std::string_view word) { return find_verb(word).has_value(); };
  const auto at = std::ranges::find_if(rest, is_verb);
  std::optional<verb> which;
  if (at != rest.end()) {
    which = find_verb(*at);
    rest.erase(at);
  }
  return line_for(which, rest).value_or("");
}

}  // namespace ahoy::inline v0
