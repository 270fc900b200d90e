#include <ahoy/command/end_rule_text.hpp>
#include <ahoy/command/examples.hpp>
#include <ahoy/command/manual.hpp>
#include <ahoy/command/models_text.hpp>
#include <ahoy/command/status.hpp>
#include <ahoy/command/status_text.hpp>

#include <fmt/format.h>

#include <optional>
#include <utility>

namespace ahoy::inline v0 {
namespace {

using kind = manual_block::kind;

constexpr std::string_view about =
    "ahoy holds two-way conversations between machines: over TCP, TLS, UDP and Unix sockets, with whatever "
    "program is on the other side. It speaks the internet's own protocols, too.\n"
    "Options may stand before, between and after the words that follow the verb. `--name value` and "
    "`--name=value` are the same, letters may share a dash (`-4v`), and `--` ends the options. The last of "
    "two "
    "equal options holds, but for those that may be repeated.\n"
    "Durations are written 500ms, 2s, 1.5m, 1h, or none; sizes 100, 64k, 1m, 2g, in powers of 1024.\n";

constexpr std::string_view endpoints =
    "An ENDPOINT is one of\n"
    "  tcp://host:port   udp://host:port   unix:///path\n"
    "  tls://host:port   tls://host:port#sha256=FINGERPRINT\n"
    "  host:port         [v6]:port         HOST PORT, as two words (TCP)\n"
    "Who is called over tls has to show the key that the FINGERPRINT is of (64 hexadecimal digits; the line "
    "that "
    "`ahoy listen tls://` prints has them), or else one that is remembered, or a certificate for that host.\n"
    "Without a scheme or a colon in the first word, the second word is always the port; so it is after an "
    "IPv6 address, as in `::1 80`. Alone, or before MESSAGEs, an address that can be read with a port and "
    "without, as ::1:80, is refused: [::1]:80 and [::1:80] are clear. For listen each word is an endpoint, "
    "and a number or :PORT "
    "alone is a port. A missing port is 23456.\n"
    "A host is a name, a dotted quad, an IPv6 address (with a zone: [fe80::1%25eth0]), an integer in host "
    "byte "
    "order, or <broadcast>; an empty one is any address of both families. A port is a number or the name of "
    "a "
    "service. unix:path is relative, unix:@name has no file.\n";

// What they mean the description of each verb says.
constexpr std::string_view urls =
    "Besides, some verbs take URLs of the internet's protocols:\n"
    "  fetch   http https ftp ftps pop3 pop3s imap imaps nntp nntps gopher gophers\n"
    "  send    http https ftp ftps smtp smtps imap imaps nntp nntps\n"
    "  call    telnet\n"
    "Their manuals say what is where: `ahoy help fetch`.\n";

constexpr std::string_view the_end =
    "One rule for every stream: when standard input or the last MESSAGE ends, our half is closed (FIN), and "
    "we go "
    "on receiving until the peer ends its half. The order of the two does not matter, and no timer runs but "
    "those that were asked for. --after-eof changes it.\n"
    "At a terminal Ctrl-D ends standard input on an empty line. In a half-typed one it deletes the character "
    "under the cursor, and at its end does nothing. Where lines are not edited, as by send, or when standard "
    "error "
    "is no terminal, it hands over what is typed so far without a newline, and the next Ctrl-D ends the "
    "input.\n"
    "Datagrams have no end: call and send listen 1s more, and say so; the first answer ends send.\n";

constexpr std::string_view addresses_of_datagrams =
    "Over UDP the addresses of a name cannot be raced for, as they are over TCP. Where ICMP says that nobody "
    "is at the first one, the datagram is sent to the next, as long as it is the only one that was sent and "
    "nothing has been heard; after that it is status 7, since what was sent before may have been read.\n";

constexpr std::string_view environment =
    "A program that --exec runs has AHOY_PEER, the caller's label, and AHOY_LOCAL, our address as an "
    "endpoint "
    "(127.0.0.1:23456, unix:///path), in its environment. ahoy itself reads none.\n";

using blocks = std::vector<manual_block>;

// Paragraphs end with LF; lines that begin with a space stay as they are.
void add_text(blocks& all, std::string_view text) {
  while (!text.empty()) {
    const auto line = text.substr(0, text.find('\n'));
    text.remove_prefix(line.size() + 1);
    const bool is_literal = line.starts_with(' ');
    if (!is_literal)
      all.emplace_back(kind::paragraph, std::string(line));
    else if (all.back().is == kind::literal)
      all.back().text += fmt::format("{}\n", line);
    else
      all.emplace_back(kind::literal, fmt::format("{}\n", line));
  }
}

void add_topic(blocks& all, std::string_view title, std::string_view text) {
  all.emplace_back(kind::heading, std::string(title));
  add_text(all, text);
}

std::string full_text(const option& row) {
  auto text = fmt::format("{}.", row.summary);
  text[0] = static_cast<char>(text[0] >= 'a' && text[0] <= 'z' ? text[0] - 'a' + 'A' : text[0]);
  if (!row.fallback.empty()) text += fmt::format(" The default is {}.", row.fallback);
  for (const auto& each : row.choices) text += fmt::format(" {}: {}.", each.word, each.meaning);
  if (!row.details.empty()) text += fmt::format(" {}", row.details);
  return row.schemes.empty() ? text : fmt::format("{} It goes with {}.", text, row.schemes);
}

void add_options(blocks& all, verb which) {
  all.emplace_back(kind::heading, "OPTIONS");
  const auto rows = options_of(which);
  for (int at = 0; at <= static_cast<int>(last_section); ++at) {
    bool is_first = true;
    for (const auto* row : rows) {
      if (row->section_in(which) != static_cast<section>(at)) continue;
      if (std::exchange(is_first, false))
        all.emplace_back(kind::subheading, std::string(title_of(static_cast<section>(at))));
      all.emplace_back(kind::item, full_text(*row), term_of(*row));
    }
  }
}

void add_statuses(blocks& all, std::optional<verb> of = std::nullopt) {
  all.emplace_back(kind::heading, "EXIT STATUS");
  const auto every = status_meanings();
  const auto rows = of ? statuses_of(*of) : std::vector(every.begin(), every.end());
  for (const auto& row : rows)
    all.emplace_back(kind::item, std::string(of ? status_text(row, *of) : row.meaning),
                     std::to_string(to_integer(row.value)));
  add_text(
      all,
      "call, send and bench end by SIGINT and SIGTERM as any program does (130, 143 in a shell). A standard "
      "output "
      "that nobody reads any more ends a verb as SIGPIPE would. An error is one line on standard error, and "
      "where one is known, a second with the next step.\n");
}

void add_example(blocks& all, const example& shown) {
  all.emplace_back(kind::paragraph, fmt::format("{}:", shown.title));
  std::string_view rest = shown.commands;
  std::string indented;
  while (!rest.empty()) {
    const auto line = rest.substr(0, rest.find('\n') + 1);
    indented += fmt::format("  {}", line);
    rest.remove_prefix(line.size());
  }
  all.emplace_back(kind::literal, std::move(indented));
}

}  // namespace

std::string term_of(const option& row) {
  const auto name = row.letter.empty() ? std::string(row.name) : fmt::format("{}, {}", row.letter, row.name);
  return row.value.empty() ? name : fmt::format("{} {}", name, row.value);
}

blocks manual() {
  blocks all;
  add_topic(all, "DESCRIPTION", about);
  all.emplace_back(kind::heading, "VERBS");
  for (const auto which : all_verbs)
    all.emplace_back(kind::item,
                     fmt::format("{}. See ahoy-{}(1).", row_of(which).summary, row_of(which).name),
                     fmt::format("ahoy {} {}", row_of(which).name, row_of(which).words));
  all.emplace_back(kind::item, "the manual of a verb.", "ahoy help [VERB]");
  all.emplace_back(kind::item, "commands to paste.", "ahoy examples [VERB]");
  add_topic(all, "ENDPOINTS", endpoints);
  add_text(all, urls);
  add_topic(all, "THE END", the_end);
  add_text(all, "The manual of each verb has the whole rule as a table: `ahoy help call`.\n");
  add_statuses(all);
  add_text(all, "The manuals of call and send say exactly when it is which: `ahoy help send`.\n");
  return all;
}

blocks manual_of(verb which) {
  blocks all;
  add_topic(all, "DESCRIPTION", row_of(which).description);
  if (which == verb::call || which == verb::send) add_text(all, addresses_of_datagrams);
  if (which != verb::fetch) add_topic(all, "ENDPOINTS", endpoints);
  add_options(all, which);
  if (which != verb::bench && which != verb::fetch) {
    add_topic(all, "THE END", the_end);
    add_text(all, end_rule_text(which));
  }
  if (which == verb::listen) add_topic(all, "MODELS", models_text());
  add_statuses(all, which);
  if (which == verb::listen) add_topic(all, "ENVIRONMENT", environment);
  all.emplace_back(kind::heading, "EXAMPLES");
  for (const auto& each : all_examples())
    if (each.verb == which) add_example(all, each);
  return all;
}

}  // namespace ahoy::inline v0
