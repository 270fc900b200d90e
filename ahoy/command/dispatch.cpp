#include <ahoy/address/ascii.hpp>
#include <ahoy/command/did_you_mean.hpp>
#include <ahoy/command/dispatch.hpp>
#include <ahoy/command/endpoint_words.hpp>
#include <ahoy/command/explain.hpp>
#include <ahoy/command/foreign_option.hpp>
#include <ahoy/command/foreign_verb.hpp>
#include <ahoy/command/help.hpp>
#include <ahoy/command/invocation.hpp>
#include <ahoy/command/json.hpp>
#include <ahoy/command/standard_streams.hpp>
#include <ahoy/command/status.hpp>
#include <ahoy/command/tls_opening.hpp>
#include <ahoy/command/tls_program.hpp>
#include <ahoy/command/usage_error.hpp>
#include <ahoy/command/verbs.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string>

namespace ahoy::inline v0 {
namespace {

using words = std::span<const std::string_view>;

constexpr std::string_view verbs_hint = "`ahoy help` lists the verbs";

int print(std::string_view text) {
  write_to_stdout(text);
  return to_integer(status::done);
}

std::string version_text() { return "ahoy " AHOY_VERSION "\n"; }

bool is_tls(const endpoint& each) noexcept { return each.scheme == scheme::tls; }
bool asks_for_tls(const listen_options& given) { return std::ranges::any_of(given.on, is_tls); }
bool asks_for_tls(const call_options& given) { return is_tls(given.to); }
bool asks_for_tls(const send_options& given) { return is_tls(given.to); }
bool asks_for_tls(const bench_options& given) { return given.form != bench_form::models && is_tls(given.to); }

// One call for each alternative of an invocation.
struct runner {
  words given_words;
  int operator()(const listen_options& given) const { return run(given, run_listen); }
  int operator()(const call_options& given) const { return run(given, run_call); }
  int operator()(const send_options& given) const { return run(given, run_send); }
  int operator()(const bench_options& given) const { return run(given, run_bench); }
  int operator()(const fetch_options& given) const { return run_fetch(given); }
  int operator()(const upload_options& given) const { return run_upload(given); }
  int operator()(const telnet_options& given) const { return run_telnet(given); }
  int operator()(const help_request& asked) const { return print(short_help(asked.of)); }
  int operator()(const version_request&) const { return print(version_text()); }

 private:
  template <typename Options>
  int run(const Options& given, int (*verb)(const Options&)) const {
    if (given.explain) return print(explain(given));
    if (asks_for_tls(given) && !speaks_tls()) become_tls_program(given_words);
    return verb(given);
  }
};

// Of words that as a whole make no sense.
bool asks_for_json(words given) {
  const auto options_end = std::ranges::find(given, "--");
  return std::find(given.begin(), options_end, "--json") != options_end;
}

send_report nothing_sent(status why) { return {0, std::nullopt, "none", to_integer(why), std::nullopt}; }

// Whatever is wrong with the words is a matter of usage, also where the same cause has another status
// elsewhere.
int run_verb(verb which, words rest, words given) {
  invocation asked;
  try {
    asked = parse_invocation(which, rest);
  } catch (const error& failure) {
    report(failure);
    if (which == verb::send && asks_for_json(rest)) write_to_stdout(json_line(nothing_sent(status::usage)));
    return to_integer(status::usage);
  }
  return std::visit(runner{given}, asked);
}

[[noreturn]] void refuse_misplaced(const option& row, words given) {
  const auto line = with_verb_first(given);
  const auto form = fmt::format("ahoy {} ... {}", words_of(row.verbs).front(), row.name);
  throw usage_error(usage_errc::misplaced, "option", row.name,
                    fmt::format("options follow the verb: {}", line.empty() ? form : line));
}

[[noreturn]] void refuse_option(words given) {
  const auto word = given.front();
  if (const auto* row = find_option(word.substr(0, word.find('=')))) refuse_misplaced(*row, given);
  const auto foreign = foreign_option(std::nullopt, given, word);
  if (!foreign.empty()) throw usage_error(usage_errc::unknown, "option", word, foreign);
  const std::array<std::string_view, 2> known{"--help", "--version"};
  const auto meant = did_you_mean(word, known);
  throw usage_error(usage_errc::unknown, "option", word,
                    fmt::format("{}{}", meant ? fmt::format("did you mean {}? ", *meant) : "", verbs_hint));
}

// It may hold a password, which is not shown.
[[noreturn]] void refuse_url(std::string_view word) {
  const auto url = fmt::format("{}://...", lower(word.substr(0, word.find(':'))));
  const auto* verb = url.starts_with("telnet") ? "call" : url.starts_with("smtp") ? "send" : "fetch";
  throw usage_error(usage_errc::unknown, "verb", url,
                    fmt::format("a verb comes first: ahoy {} {}", verb, url));
}

[[noreturn]] void refuse_verb(words given) {
  const auto word = given.front();
  if (is_internet_url(word)) refuse_url(word);
  if (word.size() > 1 && word.starts_with('-')) refuse_option(given);
  if (is_later_verb(word)) throw usage_error(usage_errc::not_yet, "verb", word, std::string(verbs_hint));
  const auto meant = word == "version" ? "--version" : did_you_mean(word, first_words());
  const auto foreign = foreign_verb(given);
  if (!foreign.empty() && !meant) throw usage_error(usage_errc::unknown, "verb", word, foreign);
  throw usage_error(usage_errc::unknown, "verb", word,
                    fmt::format("{}{}", meant ? fmt::format("did you mean {}? ", *meant) : "", verbs_hint));
}

void refuse_more(words rest) {
  if (!rest.empty())
    throw usage_error(usage_errc::surplus, "word", rest.front(), "`ahoy help` needs no more");
}

}  // namespace

int dispatch(words given) {
  if (given.empty()) {
    write_to_stderr(usage_text());
    return to_integer(status::usage);
  }
  const auto first = given.front();
  const auto rest = given.subspan(1);
  if (const auto which = find_verb(first)) return run_verb(*which, rest, given);
  if (first == "help") return print(help_for(rest));
  if (first == "examples") return print(examples_for(rest));
  if (first != "--help" && first != "-h" && first != "--version") refuse_verb(given);
  refuse_more(rest);
  return print(first == "--version" ? version_text() : overview());
}

}  // namespace ahoy::inline v0
