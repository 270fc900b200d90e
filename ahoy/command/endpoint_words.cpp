#include <ahoy/address/ascii.hpp>
#include <ahoy/address/percent.hpp>
#include <ahoy/command/did_you_mean.hpp>
#include <ahoy/command/endpoint_words.hpp>
#include <ahoy/command/foreign_address.hpp>
#include <ahoy/command/foreign_option.hpp>
#include <ahoy/command/notice.hpp>
#include <ahoy/command/usage_error.hpp>
#include <ahoy/error/escape.hpp>
#include <ahoy/error/secret.hpp>
#include <ahoy/error/unreadable.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>

namespace ahoy::inline v0 {
namespace {

constexpr std::array<std::string_view, 4> own_schemes{"tcp", "tls", "udp", "unix"};
constexpr std::string_view schemes_text = "this version has tcp, tls, udp and unix";

constexpr std::string_view separator = "://";

constexpr std::size_t longest_port = 5;  // digits; a longer number is a host

// Every scheme that there is or will be, for guessing which one was meant.
std::vector<std::string_view> known_schemes() {
  std::vector<std::string_view> names;
  for (int at = 0; at <= static_cast<int>(scheme::telnet); ++at)
    names.push_back(traits(static_cast<scheme>(at)).text);
  return names;
}

// The transports' names are refused before one colon too, as hosts that nobody has.
constexpr std::array<std::string_view, 3> no_hosts{"tcp", "udp", "tls"};

// udp:localhost:53 and udp:53: somebody forgot the slashes. unix: needs none.
void check_slashes(std::string_view word) {
  if (is_foreign_address(word))
    if (const auto line = line_for_addresses({&word, 1}))
      throw unreadable("endpoint", word, fmt::format("that is here: {}", *line));
  const auto name = lower(word.substr(0, word.find(':')));
  if (name.size() == word.size() || name == "unix") return;
  auto rest = word.substr(name.size() + 1);
  const bool has_more = rest.starts_with('/') || rest.find(':') != rest.npos;
  if (has_more ? std::ranges::count(known_schemes(), name) == 0 : std::ranges::count(no_hosts, name) == 0)
    return;
  rest.remove_prefix(std::min(rest.find_first_not_of('/'), rest.size()));
  const auto meant = all_digits(rest) ? fmt::format("{0}://HOST:{1}, or to listen {0}://:{1}", name, rest)
                                      : without_password(fmt::format("{}://{}", name, rest));
  throw unreadable(
      "endpoint", word,
      fmt::format("two slashes follow a scheme: {}{}", meant,
                  has_more ? "" : fmt::format("; a host of that name is tcp://{}", without_password(word))));
}

// Before the rest is read: what is wrong first is said first. `there_are` says which schemes are meant.
void check_scheme(std::string_view word, std::string_view there_are = schemes_text) {
  const auto end = word.find(separator);
  if (end == word.npos) return check_slashes(word);
  const auto name = lower(word.substr(0, end));
  if (std::ranges::count(own_schemes, name) != 0) return;
  const auto known = known_schemes();
  if (std::ranges::count(known, name) != 0)
    throw usage_error(usage_errc::not_yet, "scheme", name, std::string(there_are));
  const auto meant = name == "ssl" ? "tls" : did_you_mean(name, known);
  throw unreadable("scheme", name,
                   fmt::format("{}{}", meant ? fmt::format("did you mean {}? ", *meant) : "", there_are));
}

// A peer has a port; 0 is the system's choice, for who listens.
endpoint as_peer(endpoint made) {
  if (made.scheme != scheme::local && made.port == port(0))
    throw unreadable("port", "0", "a peer's port is 1 to 65535; 0 is for listen", errc::out_of_range);
  return made;
}

endpoint endpoint_of(std::string_view word) {
  check_scheme(word);
  return endpoint::parse(word);
}

std::string bracketed(std::string_view host) {
  const bool is_bare = host.find(':') != host.npos && !host.starts_with('[');
  return is_bare ? fmt::format("[{}]", host) : std::string(host);
}

// `send localhost hello`: the words are said to be HOST PORT, and that hello is none needs to be explained.
endpoint endpoint_of(std::string_view host, std::string_view port) {
  try {
    return endpoint::parse(host, port);
  } catch (const error& failure) {
    if (failure.code() != errc::service_not_found) throw;
    const std::array words{host, port};
    const auto calls = is_port_range(port) ? line_for(verb::call, words) : std::nullopt;
    throw error(failure.code(), failure.verb(), failure.address(),
                calls ? fmt::format("one port at a time: {}", *calls)
                      : fmt::format("the word after a host is its port: write {0} {1} {2}, or {3}:{1} {2}",
                                    host, default_port, port, bracketed(host)));
  }
}

// "::1" with nothing that could be a port in it.
bool is_inet6_alone(std::string_view word) {
  if (std::ranges::count(word, ':') < 2 || word.find(separator) != word.npos) return false;
  try {
    return host(word).kind() == host_kind::inet6;
  } catch (const error&) {
    return false;
  }
}

bool is_host_alone(std::string_view word) {
  return word.find_first_of(":/") == word.npos || is_inet6_alone(word);
}

// Of a URL's user: %40 is an @. What it says is no matter for an error.
std::string decoded(std::string_view text) {
  try {
    return percent_decoded(text);
  } catch (const error& why) {
    throw unreadable("URL", "...@", fmt::format("of its user, {}", why.hint()));
  }
}

endpoint internet_endpoint(std::string_view word, std::string_view verb, std::span<const scheme> schemes) {
  std::string names;
  for (const scheme each : schemes) names += (names.empty() ? "" : " ") + to_string(each);
  if (word.find(separator) == word.npos) check_slashes(word);
  if (word.find(separator) == word.npos)
    throw unreadable("URL", word,
                     fmt::format("write http://{}, or another of {}", without_password(word), names));
  if (!is_internet_url(word)) check_scheme(word, fmt::format("{} has {}", verb, names));
  auto read = endpoint::parse(word);
  if (std::ranges::find(schemes, read.scheme) == schemes.end())
    throw usage_error(usage_errc::contradictory, fmt::format("{} and scheme", verb), to_string(read.scheme),
                      fmt::format("{} has {}", verb, names));
  return as_peer(std::move(read));
}

// Of a host, or host:port, that could be read.
bool has_port(std::string_view text) {
  return text.starts_with('[') ? !text.ends_with(']') : std::ranges::count(text, ':') == 1;
}

// ::1:80 is an address, and could be one with a port: what follows it could be a port, or what is to be said.
void check_has_one_reading(std::string_view host) {
  if (is_inet6_alone(host)) static_cast<void>(endpoint::parse(host));
}

// `listen 127.0.0.1 8080`, which is one endpoint for nc, and of which the second is on every address here.
void tell_of_two(std::string_view host, std::string_view port) {
  if (!is_host_alone(host) || all_digits(host) || !all_digits(port)) return;
  notice(fmt::format("{0} and {1} are two endpoints, and the second is on every address; one is {2}:{1}",
                     escape(host), port, escape(bracketed(host))));
}

}  // namespace

leading_endpoint take_endpoint(std::span<const std::string_view> words) {
  if (words.empty())
    throw usage_error(usage_errc::missing, "endpoint", "",
                      "say who to talk to: HOST PORT, host:port, tcp://host:port, tls://host:port, "
                      "udp://host:port, unix:///path");
  check_has_one_reading(words[0]);
  if (words.size() > 1 && is_host_alone(words[0]))
    return {as_peer(endpoint_of(words[0], words[1])), words.subspan(2)};
  return {as_peer(endpoint_of(words[0])), words.subspan(1)};
}

endpoint only_endpoint(std::span<const std::string_view> words, std::string_view hint) {
  if (words.size() == 2 && is_inet6_alone(words[0])) return as_peer(endpoint_of(words[0], words[1]));
  auto taken = take_endpoint(words);
  if (!taken.rest.empty())
    throw usage_error(usage_errc::surplus, "word", taken.rest.front(), std::string(hint));
  return std::move(taken.to);
}

std::vector<endpoint> listening_endpoints(std::span<const std::string_view> words) {
  if (words.empty()) return {endpoint::parse_for_listen(std::to_string(default_port))};
  for (std::size_t at = 1; at < words.size(); ++at) tell_of_two(words[at - 1], words[at]);
  std::vector<endpoint> made;
  for (const auto word : words) {
    check_scheme(word);
    made.push_back(endpoint::parse_for_listen(word));
    if (!made.back().fragment.empty())
      throw unreadable("endpoint", word, "a fingerprint is for who calls; --cert and --key say who we are");
  }
  return made;
}

bool is_internet_url(std::string_view word) {
  const auto name = lower(word.substr(0, word.find(separator)));
  const auto known = known_schemes();
  const auto found = std::ranges::find(known, name);
  return word.find(separator) != word.npos && found != known.end() &&
         traits(static_cast<scheme>(found - known.begin())).is_url;
}

internet_url read_internet_url(std::string_view word, std::string_view verb,
                               std::span<const scheme> schemes) {
  const auto begin = word.find(separator);
  const auto rest = word.substr(begin == word.npos ? 0 : begin + separator.size());
  const auto at = rest.substr(0, rest.find_first_of("/?#")).rfind('@');
  const bool has_user = begin != word.npos && at != rest.npos;
  const auto plain = has_user ? fmt::format("{}{}{}", word.substr(0, begin), separator, rest.substr(at + 1))
                              : std::string(word);
  internet_url read{internet_endpoint(plain, verb, schemes), std::nullopt, std::nullopt};
  if (!has_user) return read;
  const auto user = rest.substr(0, at);
  const auto colon = user.find(':');
  read.user = decoded(user.substr(0, colon));
  if (colon != user.npos) read.password = decoded(user.substr(colon + 1));
  return read;
}

source_words read_source(std::string_view text) {
  const bool is_url = text.find(separator) != text.npos || lower(text.substr(0, 5)) == "unix:";
  if (text.empty() || is_url)
    throw unreadable("--source", text,
                     "write an address of this machine, 192.0.2.1 or [2001:db8::1]:5000, or a port, :5000");
  if (all_digits(text) && text.size() <= longest_port) return {host{}, port{text}};
  const auto read = endpoint::parse(text);
  return {read.host, has_port(text) ? read.port : port{}};
}

}  // namespace ahoy::inline v0
