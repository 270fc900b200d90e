#pragma once
#include <array>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace ahoy::inline v0 {

/// The verbs that this version has.
enum class verb { listen, call, send, fetch, bench };
inline constexpr std::array all_verbs{verb::listen, verb::call, verb::send, verb::fetch, verb::bench};

struct verb_row {
  ahoy::verb verb;
  std::string_view name;
  std::string_view words;    ///< what stands after the name, before the options: "ENDPOINT [MESSAGE...]"
  std::string_view summary;  ///< a line without a full stop
  std::string_view
      description;  ///< paragraphs, each ended by LF; a line that begins with a space stays as it is
};

[[nodiscard]] const verb_row& row_of(verb which) noexcept;
[[nodiscard]] std::optional<verb> find_verb(std::string_view name) noexcept;
[[nodiscard]] std::vector<std::string_view> verb_names();
/// What DESIGN names but this version does not have.
[[nodiscard]] bool is_later_verb(std::string_view name) noexcept;

/// What an option's value is. `flag`, `count` and `request` have none; a request is answered at once and ends
/// the command; `command` takes all the words that follow.
enum class value_kind {
  flag,
  count,
  request,
  duration,
  size,
  number,
  choice,
  network,
  address,
  text,
  command,
  after_eof,
};

struct choice {
  std::string_view word;
  std::string_view meaning;  ///< a line without a full stop
};

/// Where the manual shows an option.
enum class section {
  messages,
  end,
  addresses,
  output,
  server,
  callers,
  load,
  content,
  mail,
  login,
  general,
  without_effect
};
inline constexpr auto last_section = section::without_effect;
[[nodiscard]] std::string_view title_of(section which) noexcept;

/// One option: parsing, help, man pages and completions are all made from these rows (option_table.cpp).
struct option {
  std::string_view name;    ///< "--framing", or "-4" where there is no long name
  std::string_view letter;  ///< the other spelling: "-v"; mostly empty
  value_kind kind;
  std::string_view value;     ///< as the manual calls it: "DURATION"; empty for flags
  std::string_view fallback;  ///< what holds where it is not given, in words; empty where that is plain
  std::string_view verbs;     ///< the verbs that have it, by name: "call send"
  section where;
  std::string_view summary;  ///< for --help: a line without a full stop
  std::string_view details;  ///< for the manual: whole sentences, beyond the summary; may be empty
  std::span<const choice> choices = {};
  std::string_view idle =
      {};  ///< those verbs of `verbs` that take it, since the contract says so, for nothing
  /// The schemes that it goes with, in that order; empty: all that its verbs have.
  std::string_view schemes = {};

  [[nodiscard]] bool is_of(verb which) const;
  [[nodiscard]] section section_in(verb which) const noexcept;
  [[nodiscard]] bool has_value() const noexcept;
};

/// Every option, in the manual's order.
[[nodiscard]] std::span<const option> option_table() noexcept;
[[nodiscard]] std::vector<const option*> options_of(verb which);
/// By either spelling, of any verb; null where there is none.
[[nodiscard]] const option* find_option(std::string_view spelling) noexcept;

/// "a b c" as three words.
[[nodiscard]] std::vector<std::string_view> words_of(std::string_view text);

}  // namespace ahoy::inline v0
