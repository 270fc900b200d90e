#include <ahoy/address/ascii.hpp>
#include <ahoy/command/did_you_mean.hpp>
#include <ahoy/command/endpoint_words.hpp>
#include <ahoy/command/settings.hpp>
#include <ahoy/command/usage_error.hpp>
#include <ahoy/command/values.hpp>
#include <ahoy/error/unreadable.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>
#include <string>

namespace ahoy::inline v0 {
namespace {

constexpr std::array<std::string_view, 4> confirmations{"sent", "acked", "closed", "delivered"};
constexpr std::uint64_t longest_message = std::numeric_limits<std::uint32_t>::max();  // what a length says
constexpr std::uint64_t largest_queue = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t most_clients = std::numeric_limits<int>::max();
constexpr std::int64_t most_workers = 1024;
constexpr std::int64_t highest_rate = 1'000'000;
constexpr std::int64_t deepest = 65536;
constexpr std::int64_t most_exchanges = std::numeric_limits<std::int64_t>::max();

duration limit_of(const option& row, std::string_view value) {
  return parse_duration(row.name, value).value_or(no_timeout);
}

// A limit that would end everything before it began.
duration limit_above_zero(const option& row, std::string_view value) {
  const auto limit = limit_of(row, value);
  if (limit == duration::zero())
    throw unreadable(row.name, value, "write more than nothing; none is no limit", errc::out_of_range);
  return limit;
}

std::vector<std::string_view> choices_of(const option& row) {
  std::vector<std::string_view> words;
  for (const auto& each : row.choices) words.push_back(each.word);
  return words;
}

// Throws where `value` is none of the option's choices.
void check_choice(const option& row, std::string_view value) {
  const auto known = choices_of(row);
  if (std::ranges::count(known, value) != 0) return;
  const auto one_of = fmt::format("it is one of {}", fmt::join(known, ", "));
  const auto meant = did_you_mean(value, known);
  throw unreadable(row.name, value, meant ? fmt::format("did you mean {}? {}", *meant, one_of) : one_of);
}

std::string choice_of(const option& row, std::string_view value) {
  check_choice(row, value);
  return std::string(value);
}

after_eof end_of(const option& row, std::string_view value) {
  if (value == "wait") return {after_eof::rule::wait, no_timeout};
  if (value == "close") return {after_eof::rule::close, no_timeout};
  const bool is_word = value.empty() || value.find_first_of("0123456789") == value.npos;
  const auto known = choices_of(row);
  const auto meant = did_you_mean(value, known);
  if (is_word)
    throw unreadable(row.name, value,
                     fmt::format("{}write wait, close, or a duration as in 2s",
                                 meant ? fmt::format("did you mean {}? ", *meant) : ""));
  return {after_eof::rule::limited, limit_of(row, value)};
}

std::uint64_t number_of(const option& row, std::string_view value) {
  return static_cast<std::uint64_t>(
      parse_integer(row.name, value, 0, std::numeric_limits<std::int32_t>::max()));
}

// "NAME: VALUE": one that carries a line end would be two.
// Its value may be a password.
std::string header_of(const option& row, std::string_view value) {
  const auto colon = value.find(':');
  const auto name = colon == value.npos ? 0 : colon + 1;
  if (colon == 0 || colon == value.npos || value.find_first_of(std::string_view{"\r\n\0", 3}) != value.npos)
    throw unreadable(row.name, std::string{value.substr(0, name)} + "...", "write NAME: VALUE, on one line");
  return std::string(value);
}

// RFC 9110, section 9.1.
std::string method_of(const option& row, std::string_view value) {
  if (value.empty() || !std::ranges::all_of(value, is_letter))
    throw unreadable(row.name, value, "it is one word, as PUT");
  return std::string(value);
}

// RFC 9110, section 14.1.2, without the unit.
std::string range_of(const option& row, std::string_view value) {
  const bool is_readable = value.find('-') != value.npos && value.find_first_of("0123456789") != value.npos &&
                           value.find_first_not_of("0123456789-,") == value.npos;
  if (!is_readable) throw unreadable(row.name, value, "write 0-99, 500-, or -10");
  return std::string(value);
}

void set_user(const option& row, internet_options& given, std::string_view value) {
  if (value.empty()) throw unreadable(row.name, value, "write NAME, or NAME:PASSWORD");
  const auto colon = value.find(':');
  given.user = value.substr(0, colon);
  if (colon != value.npos) given.password = value.substr(colon + 1);
}

// A count of something of which there is at least one.
std::size_t count_of(const option& row, std::string_view value, std::int64_t most) {
  return static_cast<std::size_t>(parse_integer(row.name, value, 1, most));
}

std::size_t workers_of(const option& row, std::string_view value) {
  return static_cast<std::size_t>(parse_integer(row.name, value, 0, most_workers));
}

std::string text_of(const option& row, std::string_view value) {
  if (value.empty()) throw unreadable(row.name, value, "write at least one character");
  return std::string(value);
}

confirmation confirmation_of(const option& row, std::string_view value) {
  check_choice(row, value);
  const auto* found = std::ranges::find(confirmations, value);
  return static_cast<confirmation>(found - confirmations.begin());
}

// As network::parse, in the words of its option.
network network_of(const option& row, std::string_view value) {
  try {
    return network::parse(value);
  } catch (const error& failure) {
    const bool is_number = failure.code() == errc::out_of_range;
    throw unreadable(row.name, value, failure.hint(), is_number ? errc::out_of_range : errc::malformed);
  }
}

// Where others ask for it, be it by a browser, over TCP alone.
endpoint metrics_of(const option& row, std::string_view value) {
  try {
    const endpoint on = endpoint::parse_for_listen(value);
    if (on.scheme == scheme::tcp) return on;
  } catch (const error& failure) {
    throw unreadable(row.name, value, failure.hint());
  }
  throw unreadable(row.name, value, "write HOST:PORT, as 127.0.0.1:9100");
}

// One, or a file of them, which is read when it is needed.
void add_networks(const option& row, std::string_view value, std::vector<network>& networks,
                  std::vector<std::string>& files) {
  const bool is_file = value.starts_with('@') && value.size() > 1;
  if (is_file)
    files.emplace_back(value.substr(1));
  else
    networks.push_back(network_of(row, value));
}

std::string source_of(std::string_view value) {
  static_cast<void>(read_source(value));
  return std::string(value);
}

// What an option does: `row` is its row of the table.
struct setting {
  std::string_view name;
  void (*set)(settings& all, const option& row, std::string_view value);
};

using all_of = settings;
using row_of_it = const option;
using text = std::string_view;

void nothing(settings&, const option&, std::string_view) {}

constexpr std::array table{
    setting{"--framing", [](all_of& all, row_of_it& row,
                            text value) { all.listen.framing = parse_framing(choice_of(row, value)); }},
    setting{"--max-message",
            [](all_of& all, row_of_it& row, text value) {
              all.listen.max_message = parse_size(row.name, value, 1, longest_message);
            }},
    setting{"--confirm",
            [](all_of& all, row_of_it& row, text value) { all.confirm = confirmation_of(row, value); }},
    setting{"--after-eof",
            [](all_of& all, row_of_it& row, text value) { all.listen.at_end = end_of(row, value); }},
    setting{"--timeout", [](all_of& all, row_of_it& row,
                            text value) { all.listen.timeout = limit_above_zero(row, value); }},
    setting{"--connect-timeout",
            [](all_of& all, row_of_it& row, text value) {
              all.listen.connect_timeout = limit_above_zero(row, value);
            }},
    setting{"--source", [](all_of& all, row_of_it&, text value) { all.listen.source = source_of(value); }},
    setting{"-4", [](all_of& all, row_of_it&, text) { all.inet = true; }},
    setting{"-6", [](all_of& all, row_of_it&, text) { all.inet6 = true; }},
    setting{"--hex", [](all_of& all, row_of_it&, text) { all.listen.hex = true; }},
    setting{"--timestamps", [](all_of& all, row_of_it&, text) { all.listen.timestamps = true; }},
    setting{"--json", [](all_of& all, row_of_it&, text) { all.listen.json = true; }},
    setting{"--handler",
            [](all_of& all, row_of_it& row, text value) { all.listen.handler = choice_of(row, value); }},
    setting{"--greeting",
            [](all_of& all, row_of_it& row, text value) { all.listen.greeting = text_of(row, value); }},
    setting{"--model", [](all_of& all, row_of_it& row,
                          text value) { all.listen.server.model = parse_model(choice_of(row, value)); }},
    setting{"--workers", [](all_of& all, row_of_it& row,
                            text value) { all.listen.server.workers = workers_of(row, value); }},
    setting{"--engine",
            [](all_of& all, row_of_it& row, text value) {
              all.listen.server.engine = parse_engine_choice(choice_of(row, value));
            }},
    setting{"--once", [](all_of& all, row_of_it&, text) { all.listen.server.once = true; }},
    setting{"--no-commands", [](all_of& all, row_of_it&, text) { all.listen.commands = false; }},
    setting{"--drain",
            [](all_of& all, row_of_it& row, text value) { all.listen.server.drain = limit_of(row, value); }},
    setting{"--max-clients",
            [](all_of& all, row_of_it& row, text value) {
              all.listen.server.max_clients = count_of(row, value, most_clients);
            }},
    setting{"--backlog",
            [](all_of& all, row_of_it& row, text value) {
              all.listen.server.backlog = static_cast<int>(parse_integer(row.name, value, 0, most_clients));
            }},
    setting{"--max-per-address",
            [](all_of& all, row_of_it& row, text value) {
              all.listen.server.per_address.at_once = count_of(row, value, most_clients);
            }},
    setting{"--rate-per-address",
            [](all_of& all, row_of_it& row, text value) {
              all.listen.server.per_address.per_second = count_of(row, value, highest_rate);
            }},
    setting{"--burst-per-address",
            [](all_of& all, row_of_it& row, text value) {
              all.listen.server.per_address.burst = count_of(row, value, highest_rate);
            }},
    setting{"--stall-timeout",
            [](all_of& all, row_of_it& row, text value) {
              all.listen.server.stall_timeout = limit_above_zero(row, value);
            }},
    setting{"--log", [](all_of& all, row_of_it& row, text value) { all.listen.log = text_of(row, value); }},
    setting{"--log-format",
            [](all_of& all, row_of_it& row, text value) {
              all.listen.log_as = choice_of(row, value) == "json" ? log_format::json : log_format::text;
            }},
    setting{"--metrics",
            [](all_of& all, row_of_it& row, text value) { all.listen.metrics = metrics_of(row, value); }},
    setting{"--allow",
            [](all_of& all, row_of_it& row, text value) {
              add_networks(row, value, all.listen.server.allow, all.listen.allow_files);
            }},
    setting{"--deny",
            [](all_of& all, row_of_it& row, text value) {
              add_networks(row, value, all.listen.server.deny, all.listen.deny_files);
            }},
    setting{"--idle-timeout",
            [](all_of& all, row_of_it& row, text value) {
              all.listen.server.idle_timeout = limit_above_zero(row, value);
            }},
    setting{"--message-timeout",
            [](all_of& all, row_of_it& row, text value) {
              all.listen.message_timeout = limit_above_zero(row, value);
            }},
    setting{"--handshake-timeout",
            [](all_of& all, row_of_it& row, text value) {
              all.listen.handshake_timeout = limit_above_zero(row, value);
            }},
    setting{"--queue",
            [](all_of& all, row_of_it& row, text value) {
              all.listen.room.queue = parse_size(row.name, value, 1, largest_queue);
            }},
    setting{"--slow-after", [](all_of& all, row_of_it& row,
                               text value) { all.listen.room.slow_after = limit_of(row, value); }},
    setting{"--slow", [](all_of& all, row_of_it& row,
                         text value) { all.listen.room.slow = parse_slow_policy(choice_of(row, value)); }},
    setting{"--connections", [](all_of& all, row_of_it& row,
                                text value) { all.bench.connections = count_of(row, value, most_clients); }},
    setting{"--size", [](all_of& all, row_of_it& row,
                         text value) { all.bench.size = parse_size(row.name, value, 1, longest_message); }},
    setting{"--depth",
            [](all_of& all, row_of_it& row, text value) { all.bench.depth = count_of(row, value, deepest); }},
    setting{"--duration",
            [](all_of& all, row_of_it& row, text value) { all.bench.length = limit_above_zero(row, value); }},
    setting{"--count", [](all_of& all, row_of_it& row,
                          text value) { all.bench.count = count_of(row, value, most_exchanges); }},
    setting{"--plot", [](all_of& all, row_of_it& row, text value) { all.bench.plot = text_of(row, value); }},
    setting{"--output",
            [](all_of& all, row_of_it& row, text value) { all.fetch.output = text_of(row, value); }},
    setting{"--resume", [](all_of& all, row_of_it&, text) { all.fetch.resume = all.upload.resume = true; }},
    setting{"--max-size", [](all_of& all, row_of_it& row,
                             text value) { all.fetch.max_size = parse_size(row.name, value); }},
    setting{"--head", [](all_of& all, row_of_it&, text) { all.fetch.head = true; }},
    setting{"--body", [](all_of& all, row_of_it&, text) { all.fetch.body = true; }},
    setting{"--location", [](all_of& all, row_of_it&, text) { all.fetch.location = true; }},
    setting{"--compressed", [](all_of& all, row_of_it&, text) { all.fetch.compressed = true; }},
    setting{"--range",
            [](all_of& all, row_of_it& row, text value) { all.fetch.range = range_of(row, value); }},
    setting{"--top", [](all_of& all, row_of_it& row, text value) { all.fetch.top = number_of(row, value); }},
    setting{"--last",
            [](all_of& all, row_of_it& row, text value) { all.fetch.last = number_of(row, value); }},
    setting{"--search",
            [](all_of& all, row_of_it& row, text value) { all.fetch.search = text_of(row, value); }},
    setting{"--delete", [](all_of& all, row_of_it&, text) { all.fetch.remove = true; }},
    setting{"--header", [](all_of& all, row_of_it& row,
                           text value) { all.fetch.headers.push_back(header_of(row, value)); }},
    setting{"--method",
            [](all_of& all, row_of_it& row, text value) { all.upload.method = method_of(row, value); }},
    setting{"--active", [](all_of& all, row_of_it&, text) { all.fetch.active = true; }},
    setting{"--append", [](all_of& all, row_of_it&, text) { all.upload.append = true; }},
    setting{"--from", [](all_of& all, row_of_it& row, text value) { all.upload.from = text_of(row, value); }},
    setting{"--to", [](all_of& all, row_of_it& row,
                       text value) { all.upload.recipients.push_back(text_of(row, value)); }},
    setting{"--cc", [](all_of& all, row_of_it& row,
                       text value) { all.upload.copies.push_back(text_of(row, value)); }},
    setting{"--bcc", [](all_of& all, row_of_it& row,
                        text value) { all.upload.hidden_copies.push_back(text_of(row, value)); }},
    setting{"--subject",
            [](all_of& all, row_of_it& row, text value) { all.upload.subject = text_of(row, value); }},
    setting{"--attach", [](all_of& all, row_of_it& row,
                           text value) { all.upload.attachments.push_back(text_of(row, value)); }},
    setting{"--user", [](all_of& all, row_of_it& row,
                         text value) { set_user(row, all.fetch, all.listen.user = value); }},
    setting{"--starttls", [](all_of& all, row_of_it&, text) { all.fetch.starttls = true; }},
    setting{"--cacert",
            [](all_of& all, row_of_it& row, text value) { all.fetch.cacert = text_of(row, value); }},
    setting{"--cert", [](all_of& all, row_of_it& row, text value) { all.fetch.cert = text_of(row, value); }},
    setting{"--key", [](all_of& all, row_of_it& row, text value) { all.fetch.key = text_of(row, value); }},
    setting{"--insecure", [](all_of& all, row_of_it&, text) { all.fetch.insecure = true; }},
    setting{"--require-client-cert",
            [](all_of& all, row_of_it&, text) { all.listen.tls.requires_certificate = true; }},
    setting{"--allow-key",
            [](all_of& all, row_of_it& row, text value) { all.listen.tls.allow_key = text_of(row, value); }},
    setting{"--token",
            [](all_of& all, row_of_it& row, text value) { all.listen.tls.token = text_of(row, value); }},
    setting{"--alpn", [](all_of& all, row_of_it& row,
                         text value) { all.listen.tls.protocols.push_back(text_of(row, value)); }},
    setting{"--explain", [](all_of& all, row_of_it&, text) { all.listen.explain = true; }},
    setting{"--verbose", [](all_of& all, row_of_it&, text) { ++all.listen.verbose; }},
    setting{"--version", nothing},
    setting{"--help", nothing},
    setting{"--exec", nothing},  // the parser keeps its words
};

const setting* find_setting(const option& row) noexcept {
  const auto* found = std::ranges::find(table, row.name, &setting::name);
  return found == table.end() ? nullptr : found;
}

family wanted_family(const settings& all) {
  if (all.inet == all.inet6) return family::unspecified;
  return all.inet ? family::inet : family::inet6;
}

}  // namespace

bool has_setting(const option& row) noexcept { return find_setting(row) != nullptr; }

settings read_settings(const command_line& line) {
  settings all;
  for (const auto& given : line.options) find_setting(*given.what)->set(all, *given.what, given.value);
  all.listen.tls.cacert = all.fetch.cacert;
  all.listen.tls.cert = all.fetch.cert;
  all.listen.tls.key = all.fetch.key;
  all.listen.tls.insecure = all.fetch.insecure;
  all.listen.exec.assign(line.exec.begin(), line.exec.end());
  all.listen.wanted = all.listen.server.wanted = wanted_family(all);
  return all;
}

std::string_view to_string(confirmation which) noexcept {
  return confirmations[static_cast<std::size_t>(which)];
}

}  // namespace ahoy::inline v0
