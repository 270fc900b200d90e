#include <ahoy/address/ascii.hpp>
#include <ahoy/address/port.hpp>
#include <ahoy/command/invocation.hpp>
#include <ahoy/command/meant_line.hpp>
#include <ahoy/command/value_text.hpp>
#include <ahoy/error/error.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <string_view>

namespace ahoy::inline v0 {
namespace {

// What a shell reads as its own variable.
constexpr std::string_view each_port = "$port";

std::string or_else(const std::string& text, std::string_view example) {
  return text.empty() ? std::string{example} : text;
}

std::string bracketed(const std::string& host) {
  return host.find(':') != host.npos && !host.starts_with('[') ? fmt::format("[{}]", host) : host;
}

std::string joined(const std::vector<std::string>& words) {
  std::vector<std::string> quoted(words.size());
  std::ranges::transform(words, quoted.begin(), quoted_word);
  return fmt::format("{}", fmt::join(quoted, " "));
}

/// A word that ends with the shell's variable, which is left outside its quotes.
std::string before_each_port(std::string_view word) {
  word.remove_suffix(each_port.size());
  return fmt::format("{}{}", word.empty() ? "" : quoted_word(word), each_port);
}

std::string url_of_path(const std::string& path) {
  return fmt::format("unix:{}{}", path.starts_with('/') ? "//" : "", path);
}

/// The words that name the endpoint.
std::vector<std::string> endpoint_words(const meant_line& of) {
  if (of.over == transport::local) return {url_of_path(or_else(of.path, "/tmp/x"))};
  const bool is_example = of.host.empty() && of.port.empty();
  const std::string port = is_example ? "8080" : of.port;
  const auto host = of.listens() ? of.host : or_else(of.host, "localhost");
  const auto after_host = port.empty() ? "" : ":" + port;
  const bool has_scheme = of.over == transport::udp || of.over == transport::tls;
  const auto* scheme = of.over == transport::udp ? "udp" : "tls";
  if (has_scheme) return {fmt::format("{}://{}{}", scheme, bracketed(host), after_host)};
  if (of.listens()) return {bracketed(host) + after_host};
  return port.empty() ? std::vector{host} : std::vector{host, port};
}

std::string source_of(const meant_line& of) {
  if (of.source_port.empty()) return of.source_host;
  return fmt::format("{}:{}", bracketed(of.source_host), of.source_port);
}

/// Whether the command's own reader takes the words. An endpoint that it would take for an option is refused
/// here: its hint about options would come back to where this is asked.
bool takes_words(const meant_line& of) {
  const auto starts_option = [](const std::string& word) { return word.starts_with('-'); };
  if (std::ranges::any_of(endpoint_words(of), starts_option)) return false;
  const auto all = of.words();
  const std::vector<std::string_view> after_verb{all.begin() + 2, all.end()};
  try {
    static_cast<void>(parse_invocation(of.verb, after_verb));
  } catch (const error&) {
    return false;
  }
  return true;
}

/// Nobody listens on several, and the loop probes.
bool takes_range(meant_line calls) {
  const auto dash = calls.port.find('-');
  calls.is_probe = true;
  auto first = calls, last = calls;
  first.port.resize(dash);
  last.port.erase(0, dash + 1);
  if (calls.listens() || !takes_words(first) || !takes_words(last)) return false;
  return ahoy::port{first.port}.number() <= ahoy::port{last.port}.number();
}

std::string loop_over(meant_line calls, std::string_view range) {
  const auto dash = range.find('-');
  calls.port = each_port;
  calls.is_probe = true;
  const auto words = calls.words();
  const auto rest = words.begin() + 2 + static_cast<std::ptrdiff_t>(endpoint_words(calls).size());
  const auto peer = joined({words.begin(), rest - 1});
  return fmt::format("for port in $(seq {} {}); do {} {} {} </dev/null && echo $port; done",
                     range.substr(0, dash), range.substr(dash + 1), peer, before_each_port(*(rest - 1)),
                     joined({rest, words.end()}));
}

}  // namespace

bool is_port_range(std::string_view text) noexcept {
  const auto dash = text.find('-');
  return dash != text.npos && all_digits(text.substr(0, dash)) && all_digits(text.substr(dash + 1));
}

std::vector<std::string> program_words(std::string_view text) {
  if (text.find_first_of("'\"\\") != text.npos) return {};
  const auto words = words_of(text);
  return {words.begin(), words.end()};
}

bool is_decimal(std::string_view text) noexcept {
  const auto point = text.find('.');
  if (point == text.npos) return all_digits(text);
  return all_digits(text.substr(0, point)) && all_digits(text.substr(point + 1));
}

bool meant_line::is_accepted() const {
  const bool is_said_whole = listens() || program.empty() || !(is_probe || is_port_range(port));
  if (!is_said_whole) return false;
  return is_port_range(port) ? takes_range(*this) : takes_words(*this);
}

std::vector<std::string> meant_line::words() const {
  std::vector<std::string> all{"ahoy", std::string{row_of(verb).name}};
  const auto add = [&all](const std::vector<std::string>& more) {
    all.insert(all.end(), more.begin(), more.end());
  };
  add(endpoint_words(*this));
  add(options);
  const auto source = source_of(*this);
  if (!source.empty()) add({"--source", source});
  if (is_probe) add({"--after-eof", "close"});
  if (std::ranges::any_of(messages, [](const std::string& each) { return each.starts_with('-'); }))
    add({"--"});
  add(messages);
  if (listens() && !program.empty()) add({"--exec"});
  if (listens()) add(program);
  return all;
}

std::string meant_line::text() const {
  if (is_port_range(port)) return loop_over(*this, port);
  auto line = joined(words());
  if (is_probe) return line + " </dev/null";
  if (listens() || program.empty()) return line;
  return fmt::format("mkfifo fifo; {} <fifo | {} >fifo", line, joined(program));
}

}  // namespace ahoy::inline v0
