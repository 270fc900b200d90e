#include <ahoy/command/datagram_exchange.hpp>
#include <ahoy/command/defaults.hpp>
#include <ahoy/command/endpoint_words.hpp>
#include <ahoy/command/inheritance.hpp>
#include <ahoy/command/invocation.hpp>
#include <ahoy/command/settings.hpp>
#include <ahoy/command/usage_error.hpp>
#include <ahoy/error/unreadable.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>

namespace ahoy::inline v0 {
namespace {

bool is_given(const command_line& line, std::string_view name) {
  return std::ranges::any_of(line.options,
                             [name](const given_option& each) { return each.what->name == name; });
}

// Two options of which one would be silently without effect.
struct contradiction {
  std::string_view one, other, hint;
};
constexpr std::array contradictions{
    contradiction{"--hex", "--json", "leave out one: JSON shows bytes that are not UTF-8 in base64"},
};

// An option that says more of another one.
struct companion {
  std::string_view one, other, hint;
};
constexpr std::array companions{
    companion{"--key", "--cert", "it is the key of a certificate: --cert FILE"},
    companion{"--log-format", "--log", "it says how the lines of a log are written: --log FILE"},
    companion{"--burst-per-address", "--rate-per-address", "it is how many may come before the rate holds"},
};

void check_companions(const command_line& line) {
  for (const auto& [one, other, hint] : companions)
    if (is_given(line, one) && !is_given(line, other))
      throw usage_error(usage_errc::missing, fmt::format("option {} beside {}", other, one), "",
                        std::string(hint));
}

void check_contradictions(const command_line& line) {
  for (const auto& [one, other, hint] : contradictions)
    if (is_given(line, one) && is_given(line, other))
      throw usage_error(usage_errc::contradictory, fmt::format("options {} and {}", one, other), "",
                        std::string(hint));
}

void check_family(const endpoint& of, family wanted) {
  const auto kind = of.host.kind();
  const bool is_wrong = (wanted == family::inet && kind == host_kind::inet6) ||
                        (wanted == family::inet6 && kind == host_kind::inet);
  if (is_wrong)
    throw usage_error(usage_errc::contradictory,
                      wanted == family::inet ? "option -4 and host" : "option -6 and host", of.host.text(),
                      "leave the option out: the address says its family");
}

constexpr std::string_view one_message = "MESSAGE";

// Refuses a MESSAGE that could not be told from two, before anything is connected.
void check_messages(const send_options& given) {
  if (given.messages.empty() || given.to.type() == socket_type::datagram) return;
  for (const auto& text : given.messages) {
    try {
      static_cast<void>(frame_parts(framing_for(given), text));
    } catch (const error& failure) {
      throw error(failure.code(), fmt::format("read {}", one_message), quoted(text), failure.hint());
    }
  }
}

// Why a transport cannot confirm so much.
std::string_view refusal(const endpoint& to, confirmation asked) {
  if (to.transport() == transport::udp && asked != confirmation::sent)
    return "udp tells nobody what arrives: it knows sent alone";
  if (asked == confirmation::delivered)
    return "it takes a peer's program that acknowledges each message, as ahoy: will have it; tcp and unix "
           "know "
           "sent, acked and closed";
  return {};
}

void check_confirmation(const send_options& given) {
  if (!given.confirm) return;
  const auto why = refusal(given.to, *given.confirm);
  if (!why.empty())
    throw usage_error(usage_errc::contradictory,
                      fmt::format("--confirm {} and endpoint", to_string(*given.confirm)),
                      given.to.to_string(), std::string(why));
}

// Messages that are cut from a stream, and may be unfinished.
bool cuts_messages(const listen_options& given) {
  const auto is_stream = [](const endpoint& each) { return each.type() == socket_type::stream; };
  return has_room(given) && framing_for(given) != framing::raw && std::ranges::any_of(given.on, is_stream);
}

// An option that would be silently without effect, as under other handlers than its own. What all handlers
// may be given alike stays out of it: queues, and how messages are shown.
struct listener_option {
  std::string_view name;
  bool (*has_effect)(const listen_options&);
  std::string_view hint;
};
constexpr std::array listener_options{
    listener_option{
        "--greeting",
        [](const listen_options& given) { return given.exec.empty() && given.handler == "greet"; },
        "it goes with --handler greet"},
    // raw is what the others have, so that it may be said.
    listener_option{
        "--framing",
        [](const listen_options& given) { return has_room(given) || framing_for(given) == framing::raw; },
        "it goes with --handler talk and relay: the other handlers and --exec get the bytes of a "
        "stream as they come, which is raw"},
    // none is what the others have of these.
    listener_option{"--message-timeout",
                    [](const listen_options& given) {
                      return given.message_timeout == no_timeout || cuts_messages(given);
                    },
                    "it goes with messages that are cut from a stream: --handler talk and relay, and another "
                    "framing than raw; --idle-timeout goes with all"},
    listener_option{"--source",
                    [](const listen_options& given) {
                      return std::ranges::any_of(
                          given.on, [](const endpoint& each) { return each.transport() == transport::udp; });
                    },
                    "it is the interface on which a group of udp is joined; the address to listen on is a "
                    "word: ahoy listen 127.0.0.1:23456"},
    listener_option{
        "--stall-timeout",
        [](const listen_options& given) {
          return given.server.stall_timeout == no_timeout || !has_room(given);
        },
        "talk and relay have --slow-after and --slow; it goes with the other handlers and --exec"},
};

void check_handler(const command_line& line, const listen_options& given) {
  if (!given.exec.empty() && is_given(line, "--handler"))
    throw usage_error(usage_errc::contradictory, "options --handler and --exec", "",
                      "the program takes the handler's place: leave out one");
  for (const auto& [name, has_effect, hint] : listener_options)
    if (is_given(line, name) && !has_effect(given))
      throw usage_error(usage_errc::contradictory, fmt::format("option {}", name), "", std::string(hint));
}

void check_workers(const listen_options& given) {
  if (given.server.model == model::iterative && given.server.workers > 1)
    throw usage_error(usage_errc::contradictory, "options --model iterative and --workers", "",
                      "iterative serves one caller at a time: choose event, process or thread");
  if (given.server.model == model::process && given.server.engine == engine_choice::uring)
    throw usage_error(usage_errc::contradictory, "options --model process and --engine uring", "",
                      "a ring does not outlive a fork: the server's own loop needs epoll there");
}

// A listener's own port is in its endpoint; what it joins groups on has an address.
void check_interface(const listen_options& given) {
  if (given.source && read_source(*given.source).is_port_alone())
    throw usage_error(usage_errc::contradictory, "listen and option --source", *given.source,
                      "there it is the interface on which a group is joined: write its address; the port to "
                      "listen on is a word, as in ahoy listen 23456");
}

// Of the schemes that an option goes with, those that may follow the verb: listen and bench have no others.
std::string schemes_with(const option& row, verb which) {
  constexpr std::string_view own = "tcp tls udp unix";
  std::string names;
  for (const auto name : words_of(row.schemes))
    if (which == verb::send || (which == verb::call && name == "telnet") ||
        std::ranges::count(words_of(own), name) != 0)
      names += fmt::format("{}{}", names.empty() ? "" : " ", name);
  return names;
}

// Options that the schemes of none of the endpoints have.
void check_options(const command_line& line, std::span<const endpoint> given) {
  const auto goes_with = [](const option& row, const endpoint& each) {
    return std::ranges::count(words_of(row.schemes), to_string(each.scheme)) != 0;
  };
  // That of listen says who it is, whatever it listens on.
  const auto is_of_listener = [&](const option& row) {
    return line.verb == verb::listen && row.name == "--user";
  };
  for (const auto& each : line.options)
    if (!each.what->schemes.empty() && !is_of_listener(*each.what) &&
        std::ranges::none_of(given, [&](const endpoint& one) { return goes_with(*each.what, one); }))
      throw usage_error(usage_errc::contradictory, fmt::format("option {}", each.what->name), "",
                        fmt::format("it goes with {}", schemes_with(*each.what, line.verb)));
}

// What would be silently without effect, or never let anybody in.
void check_tls(const listen_options& given) {
  const auto& how = given.tls;
  if (!how.cacert.empty() && !how.requires_certificate)
    throw usage_error(
        usage_errc::contradictory, "option --cacert", "",
        "of listen it says whose certificates callers may show: it goes with --require-client-cert");
  if (!how.allow_key.empty() && how.requires_certificate)
    throw usage_error(usage_errc::contradictory, "options --allow-key and --require-client-cert", "",
                      "a caller is known by its key, or by who signed its certificate: leave out one");
  if (how.requires_certificate && how.cacert.empty())
    throw usage_error(usage_errc::missing, "option --cacert beside --require-client-cert", "",
                      "it says whose certificates callers may show");
}

// Whoever is to be let in by what it can prove must not come in by another door.
void check_doors(const listen_options& given) {
  const auto& how = given.tls;
  const bool is_guarded = how.requires_certificate || !how.allow_key.empty() || !how.token.empty();
  const auto open =
      std::ranges::find_if(given.on, [](const endpoint& each) { return each.scheme != scheme::tls; });
  if (is_guarded && open != given.on.end())
    throw usage_error(
        usage_errc::contradictory, "who may call and endpoint", open->to_string(),
        "--token, --allow-key and --require-client-cert hold for tls alone, and there everybody "
        "could call: listen there by another `ahoy listen`");
}

listen_options listen_from(const command_line& line) {
  auto given = read_settings(line).listen;
  const auto inherited = line.words.empty() ? find_inheritance().endpoints() : std::vector<endpoint>{};
  given.on = inherited.empty() ? listening_endpoints(line.words) : inherited;
  for (const auto& each : given.on) check_family(each, given.wanted);
  check_interface(given);
  check_handler(line, given);
  check_workers(given);
  check_options(line, given.on);
  check_tls(given);
  check_doors(given);
  return given;
}

call_options call_from(const command_line& line) {
  const auto all = read_settings(line);
  call_options given;
  static_cast<common_options&>(given) = static_cast<const common_options&>(all.listen);
  given.to = only_endpoint(line.words,
                           "call takes one ENDPOINT, or HOST PORT; what is to be said comes from standard "
                           "input, or use `ahoy send`");
  check_family(given.to, given.wanted);
  check_options(line, {&given.to, 1});
  return given;
}

send_options send_from(const command_line& line) {
  const auto all = read_settings(line);
  send_options given;
  static_cast<common_options&>(given) = static_cast<const common_options&>(all.listen);
  auto [to, messages] = take_endpoint(line.words);
  given.to = std::move(to);
  given.messages.assign(messages.begin(), messages.end());
  given.confirm = all.confirm;
  check_family(given.to, given.wanted);
  check_options(line, {&given.to, 1});
  check_confirmation(given);
  check_messages(given);
  return given;
}

// What holds for each form where an option was not given, and which options it does not have.
struct bench_form_row {
  std::string_view word;
  std::size_t connections, size;
  std::uint64_t count;
  std::array<std::string_view, 2> without;
};
constexpr std::array bench_forms{
    bench_form_row{"", 64, 64, 0, {}},
    bench_form_row{"connect", 10, 64, 0, {"--depth", ""}},
    bench_form_row{"models", 10, 4000, 5000, {"--depth", "--duration"}},
};

bench_form form_of(const command_line& line) {
  const auto first = line.words.empty() ? std::string_view() : line.words.front();
  const auto* found = std::ranges::find(bench_forms, first, &bench_form_row::word);
  return static_cast<bench_form>(found == bench_forms.end() ? 0 : found - bench_forms.begin());
}

void fill_in(const command_line& line, bench_options& given) {
  const auto& row = bench_forms[static_cast<std::size_t>(given.form)];
  if (!is_given(line, "--connections")) given.connections = row.connections;
  if (!is_given(line, "--size")) given.size = row.size;
  if (!is_given(line, "--count")) given.count = row.count;
  if (given.count != 0 && !is_given(line, "--duration")) given.length = no_timeout;
  // Each has a share of the count: more than there are shares are not opened.
  if (given.count != 0) given.connections = std::min<std::uint64_t>(given.connections, given.count);
}

void check_load(const command_line& line, const bench_options& given) {
  const auto& row = bench_forms[static_cast<std::size_t>(given.form)];
  for (const auto name : row.without)
    if (!name.empty() && is_given(line, name))
      throw usage_error(usage_errc::contradictory, fmt::format("bench {} and option {}", row.word, name), "",
                        "leave the option out");
  if (given.count == 0 && given.length == no_timeout)
    throw usage_error(usage_errc::contradictory, "option --duration none", "",
                      "it would never end: say --count, or how long");
}

void check_datagrams(const bench_options& given) {
  if (given.to.type() != socket_type::datagram) return;
  if (given.form == bench_form::connect)
    throw usage_error(usage_errc::contradictory, "bench connect and", given.to.to_string(),
                      "datagrams have no connections: leave the word connect out");
  if (given.size < datagram_exchange::shortest || given.size > datagram_exchange::longest)
    throw usage_error(usage_errc::contradictory, fmt::format("option --size {} and endpoint", given.size),
                      given.to.to_string(),
                      fmt::format("a datagram here has from {} to {} bytes", datagram_exchange::shortest,
                                  datagram_exchange::longest));
}

endpoint measured_endpoint(std::span<const std::string_view> words) {
  return only_endpoint(words, "bench takes one ENDPOINT, or HOST PORT");
}

bench_options bench_from(const command_line& line) {
  const auto all = read_settings(line);
  auto given = all.bench;
  static_cast<common_options&>(given) = static_cast<const common_options&>(all.listen);
  given.form = form_of(line);
  fill_in(line, given);
  check_load(line, given);
  const std::span<const std::string_view> words{line.words};
  if (given.form != bench_form::models)
    given.to = measured_endpoint(words.subspan(given.form == bench_form::connect ? 1 : 0));
  else if (words.size() > 1)
    throw usage_error(usage_errc::surplus, "word", words[1], "bench models starts its own servers");
  check_family(given.to, given.wanted);
  check_options(line, {&given.to, 1});
  check_datagrams(given);
  return given;
}

constexpr std::array fetched{scheme::http, scheme::https, scheme::ftp,    scheme::ftps,
                             scheme::pop3, scheme::pop3s, scheme::imap,   scheme::imaps,
                             scheme::nntp, scheme::nntps, scheme::gopher, scheme::gophers};
constexpr std::array sent_to{scheme::http,  scheme::https, scheme::ftp,   scheme::ftps, scheme::smtp,
                             scheme::smtps, scheme::imap,  scheme::imaps, scheme::nntp, scheme::nntps};
constexpr std::array called{scheme::telnet};

// Options that go with some schemes would be silently without effect with others.
void check_schemes(const command_line& line, scheme of) {
  for (const auto& each : line.options)
    if (!each.what->schemes.empty() && std::ranges::count(words_of(each.what->schemes), to_string(of)) == 0)
      throw usage_error(usage_errc::contradictory, fmt::format("option {} and scheme", each.what->name),
                        to_string(of), fmt::format("it goes with {}", each.what->schemes));
}

// What all of them share is read into those of fetch.
template <typename Options>
Options internet_from(const command_line& line, Options given, const settings& all, std::string_view word,
                      std::span<const scheme> schemes) {
  static_cast<internet_options&>(given) = static_cast<const internet_options&>(all.fetch);
  static_cast<common_options&>(given) = static_cast<const common_options&>(all.listen);
  auto read = read_internet_url(word, row_of(line.verb).name, schemes);
  given.to = std::move(read.to);
  if (!given.user) {
    given.user = std::move(read.user);
    given.password = std::move(read.password);
  }
  check_schemes(line, given.to.scheme);
  check_family(given.to, given.wanted);
  return given;
}

// Without a redirect there is no TLS at http.
void check_tls(const internet_options& given, bool follows_redirects) {
  const bool is_used = given.to.scheme != scheme::http || follows_redirects;
  if (!is_used && !(given.cacert + given.cert + given.key).empty())
    throw usage_error(usage_errc::contradictory, "options of TLS and scheme", "http",
                      "http has none; write https, or let fetch follow a redirect there by --location");
}

void check_nothing_follows(const command_line& line, std::string_view hint) {
  if (line.words.size() > 1) throw usage_error(usage_errc::surplus, "word", line.words[1], std::string(hint));
}

fetch_options fetch_from(const command_line& line) {
  if (line.words.empty())
    throw usage_error(usage_errc::missing, "URL", "", "say what to fetch: http://localhost/, for instance");
  check_nothing_follows(line, "fetch takes one URL");
  const auto all = read_settings(line);
  auto given = internet_from(line, all.fetch, all, line.words.front(), fetched);
  if (given.resume && given.output.empty())
    throw usage_error(usage_errc::contradictory, "option --resume", "",
                      "it goes with --output, which names what is there");
  if (given.resume && !given.range.empty())
    throw usage_error(usage_errc::contradictory, "options --resume and --range", "", "leave out one");
  if (given.compressed && !given.range.empty())
    throw usage_error(usage_errc::contradictory, "options --compressed and --range", "",
                      "a part of compressed content cannot be decoded: leave out one");
  check_tls(given, given.location);
  return given;
}

upload_options upload_from(const command_line& line) {
  const auto all = read_settings(line);
  auto given = internet_from(line, all.upload, all, line.words.front(), sent_to);
  given.messages.assign(line.words.begin() + 1, line.words.end());
  if (given.resume && given.to.scheme != scheme::ftp && given.to.scheme != scheme::ftps)
    throw usage_error(usage_errc::contradictory, "option --resume of send and scheme",
                      to_string(given.to.scheme), "it goes with ftp ftps");
  check_tls(given, false);
  constexpr std::array of_one{scheme::http, scheme::https, scheme::ftp, scheme::ftps};
  if (given.messages.size() > 1 && std::ranges::find(of_one, given.to.scheme) != of_one.end())
    throw usage_error(usage_errc::surplus, "word", given.messages[1], "one MESSAGE is the whole content");
  return given;
}

telnet_options telnet_from(const command_line& line) {
  check_nothing_follows(line, "call takes one ENDPOINT; what is to be said comes from standard input");
  const auto all = read_settings(line);
  return internet_from(line, telnet_options{}, all, line.words.front(), called);
}

bool names_internet_url(const command_line& line) {
  return !line.words.empty() && is_internet_url(line.words.front());
}

invocation answer_of(const command_line& line) {
  if (line.request->name == "--version") return version_request{};
  return help_request{line.verb};
}

}  // namespace

invocation parse_invocation(verb which, std::span<const std::string_view> words) {
  const auto line = parse_command_line(which, words);
  if (line.request != nullptr) return answer_of(line);
  check_contradictions(line);
  check_companions(line);
  if (which == verb::listen) return listen_from(line);
  if (which == verb::fetch) return fetch_from(line);
  if (which == verb::send && names_internet_url(line)) return upload_from(line);
  if (which == verb::call && names_internet_url(line)) return telnet_from(line);
  if (which == verb::call) return call_from(line);
  if (which == verb::bench) return bench_from(line);
  return send_from(line);
}

}  // namespace ahoy::inline v0
