#include <ahoy/command/completion.hpp>
#include <ahoy/command/help.hpp>
#include <ahoy/command/option_table.hpp>

#include <fmt/format.h>

namespace ahoy::inline v0 {
namespace {

constexpr std::string_view made = "# Completion of ahoy for {}, made from the command's table of options.\n";

std::string words_of_choices(const option& row) {
  std::string words;
  for (const auto& each : row.choices) words += fmt::format("{}{}", words.empty() ? "" : " ", each.word);
  return words;
}

// `text` with a backslash before each of `marks`.
std::string backslashed(std::string_view text, std::string_view marks) {
  std::string shown;
  for (const char byte : text) {
    if (marks.find(byte) != marks.npos) shown += '\\';
    shown += byte;
  }
  return shown;
}

// What is new at each place stands in the middle of what never changes.
constexpr std::string_view bash_head = R"(_ahoy() {
  local word="${COMP_WORDS[COMP_CWORD]}" before="${COMP_WORDS[COMP_CWORD - 1]}" verb="${COMP_WORDS[1]}" options="" i
  COMPREPLY=()
  # bash makes a word of the = in --name=value.
  if [[ $word == "=" ]]; then
    word=""
  elif [[ $before == "=" ]]; then
    before="${COMP_WORDS[COMP_CWORD - 2]}"
  fi
  for ((i = 2; i < COMP_CWORD; i++)); do
    if [[ ${COMP_WORDS[i]} == "--" ]]; then
      return
    fi
    if [[ $verb == listen && ${COMP_WORDS[i]} == "--exec" ]]; then
      if ((i + 1 == COMP_CWORD)); then
        mapfile -t COMPREPLY < <(compgen -c -- "$word")
      fi
      return
    fi
  done
)";

constexpr std::string_view bash_tail = R"(  if [[ $word == -* ]]; then
    mapfile -t COMPREPLY < <(compgen -W "$options" -- "$word")
  fi
}
complete -o default -F _ahoy ahoy
)";

// Values that are one of a few words are offered; others are the user's, and no file names.
std::string bash_value(const option& row) {
  if (row.choices.empty()) return fmt::format("    {}) compopt +o default; return ;;\n", row.name);
  return fmt::format("    {}) mapfile -t COMPREPLY < <(compgen -W \"{}\" -- \"$word\"); return ;;\n",
                     row.name, words_of_choices(row));
}

std::string bash_options(verb of) {
  std::string names;
  for (const auto* row : options_of(of))
    names += fmt::format("{}{}{}{}", names.empty() ? "" : " ", row->letter, row->letter.empty() ? "" : " ",
                         row->name);
  return fmt::format("    {}) options=\"{}\" ;;\n", row_of(of).name, names);
}

std::string bash_script() {
  auto text = fmt::format(fmt::runtime(made), "bash");
  text += bash_head;
  text += fmt::format(
      "  if ((COMP_CWORD == 1)); then\n    mapfile -t COMPREPLY < <(compgen -W \"{} --help --version\" -- "
      "\"$word\")\n    return\n  fi\n",
      fmt::join(first_words(), " "));
  text += "  case $before in\n";
  for (const auto& row : option_table())
    if (row.has_value() && row.kind != value_kind::command) text += bash_value(row);
  text += "  esac\n  case $verb in\n";
  for (const auto which : all_verbs) text += bash_options(which);
  text += fmt::format(
      "    help | examples) mapfile -t COMPREPLY < <(compgen -W \"{}\" -- \"$word\"); return ;;\n  esac\n",
      fmt::join(verb_names(), " "));
  return text.append(bash_tail);
}

// In zsh's specifications a colon and a bracket end a part, and all of it stands between single quotes.
std::string zsh_text(std::string_view text) {
  std::string shown;
  for (const char byte : backslashed(text, "\\:[]"))
    shown += byte == '\'' ? std::string("'\\''") : std::string(1, byte);
  return shown;
}

std::string zsh_values(const option& row) {
  if (row.kind == value_kind::command) return ":*::program:_normal";
  if (!row.has_value()) return "";
  std::string words;
  for (const auto& each : row.choices)
    words += fmt::format("{}{}\\:\"{}\"", words.empty() ? "" : " ", each.word,
                         backslashed(each.meaning, "\\:\"`$()"));
  return fmt::format(":{}:{}", row.value, words.empty() ? " " : fmt::format("(({}))", words));
}

std::string zsh_spec(const option& row, std::string_view spelling) {
  const bool is_repeated = row.kind == value_kind::network || row.kind == value_kind::count;
  const bool is_equal = row.has_value() && row.kind != value_kind::command;
  return fmt::format(" \\\n        '{}{}{}[{}]{}'", is_repeated ? "*" : "", spelling, is_equal ? "=" : "",
                     zsh_text(row.summary), zsh_values(row));
}

std::string zsh_verb(verb of) {
  auto text = fmt::format("    {})\n      _arguments -s -S", row_of(of).name);
  for (const auto* row : options_of(of)) {
    if (!row->letter.empty()) text += zsh_spec(*row, row->letter);
    text += zsh_spec(*row, row->name);
  }
  return text + " \\\n        '*:endpoint:_hosts'\n      ;;\n";
}

std::string zsh_script() {
  auto text = "#compdef ahoy\n" + fmt::format(fmt::runtime(made), "zsh");
  text += "_ahoy() {\n  local -a verbs\n  verbs=(\n";
  for (const auto which : all_verbs)
    text += fmt::format("    '{}:{}'\n", row_of(which).name, zsh_text(row_of(which).summary));
  text += "    'help:the manual'\n    'examples:commands to paste'\n  )\n";
  text += "  if ((CURRENT == 2)); then\n    _describe verb verbs\n    return\n  fi\n";
  text += "  shift words\n  ((CURRENT--))\n  case $words[1] in\n";
  for (const auto which : all_verbs) text += zsh_verb(which);
  text += fmt::format("    help | examples) _values verb {} ;;\n", fmt::join(verb_names(), " "));
  return text + "  esac\n}\n_ahoy \"$@\"\n";
}

std::string fish_spelling(const option& row) {
  std::string text;
  if (row.name.starts_with("--"))
    text += fmt::format(" -l {}", row.name.substr(2));
  else
    text += fmt::format(" -s {}", row.name.substr(1));
  return row.letter.empty() ? text : fmt::format("{} -s {}", text, row.letter.substr(1));
}

std::string fish_value(const option& row) {
  if (row.kind == value_kind::command) return " -x -a '(__fish_complete_command)'";
  if (!row.has_value()) return "";
  return row.choices.empty() ? " -x" : fmt::format(" -x -a '{}'", words_of_choices(row));
}

std::string fish_script() {
  constexpr std::string_view line = "complete -c ahoy -n '{}'{}{} -d '{}'\n";
  auto text = fmt::format(fmt::runtime(made), "fish") + "complete -c ahoy -f\n";
  const auto add = [&](const std::string& when, const std::string& what, const std::string& value,
                       std::string_view summary) {
    text += fmt::format(fmt::runtime(line), when, what, value, backslashed(summary, "\\'"));
  };
  for (const auto which : all_verbs)
    add("__fish_use_subcommand", fmt::format(" -a {}", row_of(which).name), "", row_of(which).summary);
  add("__fish_use_subcommand", " -a help", "", "the manual");
  add("__fish_use_subcommand", " -a examples", "", "commands to paste");
  add("__fish_seen_subcommand_from help examples", fmt::format(" -a '{}'", fmt::join(verb_names(), " ")), "",
      "verb");
  for (const auto& row : option_table())
    add(fmt::format("__fish_seen_subcommand_from {}", row.verbs), fish_spelling(row), fish_value(row),
        row.summary);
  return text;
}

constexpr std::array<completion, 3> table{completion{"bash", bash_script}, completion{"zsh", zsh_script},
                                          completion{"fish", fish_script}};

}  // namespace

const std::array<completion, 3>& completions() noexcept { return table; }

}  // namespace ahoy::inline v0
