#include <ahoy/address/ascii.hpp>
#include <ahoy/address/endpoint.hpp>
#include <ahoy/command/foreign_option.hpp>
#include <ahoy/command/meant_line.hpp>
#include <ahoy/command/value_text.hpp>
#include <ahoy/command/word_cursor.hpp>
#include <ahoy/error/error.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace ahoy::inline v0 {

namespace {

enum class means {
  nothing,
  listening,
  datagrams,
  secure,
  local,
  port,
  source,
  program,
  shell,
  probe,
  option,
  not_here
};
enum class side { listening, calling, either };

struct foreign_row {
  char letter;            ///< NUL where it has none
  std::string_view name;  ///< the long spelling; empty where there is none
  bool has_value;
  side who;
  means meaning;
  std::string_view option;  ///< of `option`, ours; its second word is one of `fillings`
  std::string_view why;
};

// The first row that fits holds. nc and ncat agree on the letters but for -x, -o and -d, which are left out.
constexpr std::array rows{
    foreign_row{'l', "--listen", false, side::either, means::listening, "", "listening is a verb"},
    foreign_row{'p', "--port", true, side::listening, means::port, "", "a port is a word, and no option"},
    foreign_row{'p', "--port", true, side::calling, means::port, "",
                "a port is a word, and no option; one of our own goes with --source"},
    foreign_row{'u', "--udp", false, side::either, means::datagrams, "", "the scheme says so"},
    foreign_row{'U', "--unixsock", false, side::either, means::local, "", "the scheme says so"},
    foreign_row{'k', "", false, side::calling, means::nothing, "",
                "curl's is --insecure, of tls; nc's is for who listens"},
    foreign_row{'k', "--keep-open", false, side::either, means::nothing, "",
                "listen serves one caller after the other of itself, and --once ends it after one"},
    foreign_row{'m', "--max-conns", true, side::listening, means::option, "--max-clients {}",
                "that is --max-clients"},
    foreign_row{'m', "--max-conns", true, side::calling, means::nothing, "", "that is for who listens"},
    foreign_row{'\0', "--chat", false, side::listening, means::option, "--handler relay",
                "the handler relay tells all what each says, and who said it"},
    foreign_row{'\0', "--chat", false, side::calling, means::nothing, "", "that is for who listens"},
    foreign_row{'\0', "--broker", false, side::listening, means::option, "--handler relay",
                "the handler relay tells all what each says, and who said it"},
    foreign_row{'\0', "--broker", false, side::calling, means::nothing, "", "that is for who listens"},
    foreign_row{'\0', "--ssl", false, side::listening, means::secure, "", "the scheme says so"},
    foreign_row{'\0', "--ssl", false, side::calling, means::secure, "",
                "the scheme says so, and who answers is verified"},
    foreign_row{'\0', "--tls", false, side::listening, means::secure, "", "the scheme says so"},
    foreign_row{'\0', "--tls", false, side::calling, means::secure, "",
                "the scheme says so, and who answers is verified"},
    foreign_row{'z', "", false, side::calling, means::probe, "",
                "the status is 0 where somebody listens, and 7 where nobody does"},
    foreign_row{'z', "", false, side::listening, means::nothing, "", "that is for who calls"},
    foreign_row{'e', "", true, side::listening, means::program, "", "that is --exec, and comes last"},
    foreign_row{'e', "", true, side::calling, means::program, "",
                "only listen runs programs, with --exec; one beside call speaks through a fifo"},
    foreign_row{'c', "--sh-exec", true, side::listening, means::shell, "",
                "no shell is involved unless it is asked for"},
    foreign_row{'c', "--sh-exec", true, side::calling, means::shell, "",
                "only listen runs programs, with --exec; one beside call speaks through a fifo"},
    foreign_row{'w', "--wait", true, side::calling, means::option, "--connect-timeout {:s}",
                "--connect-timeout limits connecting, --timeout the whole run"},
    foreign_row{'w', "--wait", true, side::listening, means::option, "--timeout {:s}",
                "--timeout limits the whole run, --idle-timeout who says nothing"},
    foreign_row{'q', "", true, side::calling, means::option, "--after-eof {:end}",
                "--after-eof says what follows the end of the input"},
    foreign_row{'q', "", true, side::listening, means::nothing, "",
                "--after-eof says what follows the end of a caller's half, and with --once of the input"},
    foreign_row{'N', "", false, side::either, means::nothing, "",
                "the end of the input closes our half without being asked, and --after-eof changes it"},
    foreign_row{'\0', "--no-shutdown", false, side::calling, means::option, "--after-eof wait",
                "--after-eof says what follows the end of the input"},
    foreign_row{'n', "--nodns", false, side::either, means::nothing, "",
                "an address in digits is never looked up"},
    foreign_row{'s', "", true, side::calling, means::source, "", "--source is the local address"},
    foreign_row{'s', "", true, side::listening, means::source, "", "the local address is a word"},
    foreign_row{'V', "", false, side::either, means::not_here, "", "ahoy --version prints the version"},
};

bool fits(const foreign_row& row, side who) { return row.who == side::either || row.who == who; }

const foreign_row* find_letter(char letter, side who) {
  const auto* found = std::ranges::find_if(
      rows, [&](const foreign_row& row) { return row.letter == letter && letter != '\0' && fits(row, who); });
  return found == rows.end() ? nullptr : found;
}

const foreign_row* find_name(std::string_view name, side who) {
  const auto* found =
      std::ranges::find_if(rows, [&](const foreign_row& row) { return row.name == name && fits(row, who); });
  return found == rows.end() ? nullptr : found;
}

bool is_ours(char letter) { return find_option(std::string{'-', letter}) != nullptr; }

/// The row of the first of the word's letters, or of its name, that is not ours.
const foreign_row* row_for(std::string_view word, side who) {
  if (word.starts_with("--")) return find_name(word.substr(0, word.find('=')), who);
  if (!word.starts_with('-')) return nullptr;
  const auto* letter = std::ranges::find_if_not(word.substr(1), is_ours);
  return letter == word.end() ? nullptr : find_letter(*letter, who);
}

bool is_inet6(std::string_view word) {
  try {
    return host{word}.kind() == host_kind::inet6;
  } catch (const error&) {
    return false;
  }
}

/// A value, where none was typed.
std::string_view example_of(means meaning) {
  if (meaning == means::program) return "cat";
  if (meaning == means::shell) return "COMMAND";
  return meaning == means::source ? "127.0.0.1" : "5";
}

// nc has plain numbers, ncat units too.
std::string in_seconds(std::string_view value) {
  return fmt::format("{}{}", value, is_decimal(value) ? "s" : "");
}

// For nc, less than no time is for ever.
std::string as_end(std::string_view value) {
  const bool is_negative = value.starts_with('-') && all_digits(value.substr(1));
  return is_negative ? "wait" : in_seconds(value);
}

/// How a value of theirs is written as ours.
struct filling {
  std::string_view place;
  std::string (*text)(std::string_view value);
};
constexpr std::array fillings{
    filling{"{}", [](std::string_view value) { return std::string{value}; }},
    filling{"{:s}", in_seconds},
    filling{"{:end}", as_end},
};

std::string filled(std::string_view word, std::string_view value) {
  const auto* found = std::ranges::find(fillings, word, &filling::place);
  return found == fillings.end() ? std::string{word} : found->text(value);
}

/// Whose words they are, where both have a name: --exec.
enum class dialect { ours, theirs };

/// What stands before `--`.
std::span<const std::string_view> without_rest(std::span<const std::string_view> words) {
  return words.first(static_cast<std::size_t>(std::ranges::find(words, "--") - words.begin()));
}

/// Reads words as nc and ncat would, and ours among them as we do.
class reading {
 public:
  reading(std::optional<verb> of, std::span<const std::string_view> words, dialect spoken = dialect::ours)
      : rest_{words}, who_{side_of(of, without_rest(words))}, spoken_{spoken} {
    line_.verb = of.value_or(verb::call);
    while (!rest_.is_at_end()) read(rest_.take());
    if (who_ == side::listening) line_.verb = verb::listen;
    place();
  }

  [[nodiscard]] const meant_line& line() const noexcept { return line_; }
  /// Nothing was left out, and it can be typed.
  [[nodiscard]] bool is_whole() const { return is_whole_ && line_.is_accepted(); }
  [[nodiscard]] bool has_endpoint() const noexcept {
    return !line_.port.empty() || !line_.path.empty() || (!line_.host.empty() && !line_.listens());
  }
  [[nodiscard]] side who() const noexcept { return who_; }

  /// Without a verb, who names no host listens.
  static side side_of(std::optional<verb> of, std::span<const std::string_view> words) {
    const auto asks_to_listen = [](std::string_view word) {
      const auto* row = row_for(word, side::listening);
      return row != nullptr && row->meaning == means::listening;
    };
    const auto is_host = [](std::string_view word) { return !word.starts_with('-') && !all_digits(word); };
    if (of == verb::listen || std::ranges::any_of(words, asks_to_listen)) return side::listening;
    return of || std::ranges::any_of(words, is_host) ? side::calling : side::listening;
  }

 private:
  void read(std::string_view word) {
    if (word == "--")
      rest_.take_all(places_);
    else if (word.starts_with("--"))
      read_long(word);
    else if (word.starts_with('-') && word.size() > 1)
      read_letters(word);
    else
      places_.push_back(word);
  }

  void read_long(std::string_view word) {
    const auto equals = word.find('=');
    const auto name = word.substr(0, equals);
    const auto* own = find_option(name);
    const bool is_apart = equals == word.npos;
    const bool runs = own != nullptr && own->kind == value_kind::command;
    const auto* row = runs && spoken_ == dialect::theirs ? find_letter('e', who_) : find_name(name, who_);
    if (row != nullptr)
      apply(*row, is_apart ? value_of(*row) : word.substr(equals + 1));
    else if (runs)
      keep_program(word.substr(is_apart ? word.size() : equals + 1));
    else if (own != nullptr)
      keep(*own, word, is_apart && own->has_value());
    else
      is_whole_ = false;
  }

  void keep_program(std::string_view first) {
    if (!first.empty()) line_.program.emplace_back(first);
    rest_.take_all(line_.program);
    is_whole_ = is_whole_ && !line_.program.empty();
  }

  void keep(const option& own, std::string_view word, bool has_value_apart) {
    const auto of = who_ == side::listening ? verb::listen : line_.verb;
    is_whole_ = is_whole_ && own.is_of(of) && (!has_value_apart || !rest_.is_at_end());
    line_.options.emplace_back(word);
    if (has_value_apart && !rest_.is_at_end()) line_.options.emplace_back(rest_.take());
  }

  void read_letters(std::string_view word) {
    for (auto letters = word.substr(1); !letters.empty(); letters.remove_prefix(1)) {
      const auto* row = find_letter(letters[0], who_);
      if (is_ours(letters[0])) {
        line_.options.push_back({'-', letters[0]});
      } else if (row == nullptr) {
        is_whole_ = false;
      } else if (row->has_value && letters.size() > 1) {
        return apply(*row, letters.substr(1));
      } else {
        apply(*row, value_of(*row));
      }
    }
  }

  // A port that is none was left out: somebody wrote -p, and went on.
  std::string_view value_of(const foreign_row& row) {
    if (!row.has_value || rest_.is_at_end()) return {};
    const bool is_none = row.meaning == means::port && !all_digits(rest_.front());
    return is_none ? std::string_view{} : rest_.take();
  }

  void apply(const foreign_row& row, std::string_view value) {
    const bool lacks_value = row.has_value && value.empty() && row.meaning != means::port;
    is_whole_ = is_whole_ && !lacks_value;
    if (lacks_value) value = example_of(row.meaning);
    if (row.meaning == means::datagrams) line_.over = transport::udp;
    if (row.meaning == means::secure) line_.over = transport::tls;
    if (row.meaning == means::local) line_.over = transport::local;
    if (row.meaning == means::port) line_.source_port = value;
    if (row.meaning == means::source) line_.source_host = value;
    if (row.meaning == means::probe) line_.is_probe = true;
    if (row.meaning == means::shell) line_.program = {"sh", "-c", std::string{value}};
    if (row.meaning == means::program) run(value);
    if (row.meaning == means::option)
      for (const auto word : words_of(row.option)) line_.options.push_back(filled(word, value));
  }

  void run(std::string_view value) {
    line_.program = program_words(value);
    is_whole_ = is_whole_ && !line_.program.empty();
    if (line_.program.empty()) line_.program = program_words(example_of(means::program));
  }

  /// The words that are no options: one or two name the endpoint.
  void place() {
    const bool is_url = !places_.empty() && places_[0].find_first_of(":/") != std::string_view::npos &&
                        !(places_.size() > 1 && is_inet6(places_[0]));
    std::size_t taken = std::min<std::size_t>(places_.size(), 1);
    if (line_.over == transport::local)
      line_.path = places_.empty() ? std::string_view{} : places_[0];
    else if (is_url)
      read_endpoint(places_[0]);
    else
      taken = place_host_and_port();
    line_.messages.assign(places_.begin() + static_cast<std::ptrdiff_t>(taken), places_.end());
    is_whole_ = is_whole_ && (line_.messages.empty() || line_.verb == verb::send);
    place_local();
  }

  std::size_t place_host_and_port() {
    const bool is_port_alone = line_.listens() && places_.size() == 1 && all_digits(places_[0]);
    if (is_port_alone) line_.port = places_[0];
    if (is_port_alone || places_.empty()) return places_.size();
    line_.host = places_[0];
    if (places_.size() == 1) return 1;
    line_.port = places_[1];
    return 2;
  }

  void read_endpoint(std::string_view word) {
    try {
      const auto read = endpoint::parse(word);
      if (read.scheme != scheme::tcp) line_.over = read.transport();
      line_.host = read.host.text();
      line_.port = to_string(read.port);
      line_.path = read.path;
      is_whole_ = is_whole_ && read.scheme <= scheme::local;
    } catch (const error&) {
      is_whole_ = false;
    }
  }

  /// The local half of who listens, and a port that is the only one, are what is named.
  void place_local() {
    if (line_.listens() && line_.host.empty()) line_.host.swap(line_.source_host);
    if (line_.port.empty()) line_.port.swap(line_.source_port);
    if (line_.listens()) line_.source_host.clear(), line_.source_port.clear();
  }

  word_cursor rest_;
  side who_;
  dialect spoken_;
  meant_line line_;
  std::vector<std::string_view> places_;
  bool is_whole_ = true;
};

std::optional<std::string> line_of(const reading& all) {
  if (!all.is_whole() || !all.has_endpoint()) return std::nullopt;
  return all.line().text();
}

}  // namespace

std::string foreign_option(std::optional<verb> of, std::span<const std::string_view> words,
                           std::string_view word) {
  const reading all{of, words};
  const auto* row = row_for(word, all.who());
  if (row == nullptr) return {};
  if (row->meaning == means::not_here) return std::string{row->why};
  const bool is_whole = all.is_whole() && all.has_endpoint();
  const auto which = all.who() == side::listening ? verb::listen : of.value_or(verb::call);
  const reading alone{which, {&word, 1}};
  const auto& line = (is_whole ? all : alone).line();
  return line.is_accepted() ? fmt::format("{}: {}", row->why, line.text()) : std::string{row->why};
}

std::optional<std::string> line_for(std::optional<verb> of, std::span<const std::string_view> words) {
  return line_of(reading{of, words});
}

std::optional<std::string> line_for_netcat(std::span<const std::string_view> words) {
  return line_of(reading{std::nullopt, words, dialect::theirs});
}

std::vector<std::string> foreign_spellings() {
  std::vector<std::string> all;
  for (const auto& row : rows) {
    if (row.letter != '\0') all.push_back({'-', row.letter});
    if (!row.name.empty()) all.emplace_back(row.name);
  }
  return all;
}

}  // namespace ahoy::inline v0
