#include <ahoy/address/ascii.hpp>
#include <ahoy/command/foreign_address.hpp>

#include <algorithm>
#include <array>
#include <string>
#include <vector>

namespace ahoy::inline v0 {

namespace {

enum class end { calls, listens, program, shell };

struct address_row {
  std::string_view name;
  end is;
  transport over = transport::tcp;
  std::string_view option = {};  ///< of ours, that it takes besides
};

constexpr std::array rows{
    address_row{"tcp", end::calls},
    address_row{"tcp-connect", end::calls},
    address_row{"tcp4", end::calls, transport::tcp, "-4"},
    address_row{"tcp4-connect", end::calls, transport::tcp, "-4"},
    address_row{"tcp6", end::calls, transport::tcp, "-6"},
    address_row{"tcp6-connect", end::calls, transport::tcp, "-6"},
    address_row{"tcp-listen", end::listens},
    address_row{"tcp-l", end::listens},
    address_row{"tcp4-listen", end::listens, transport::tcp, "-4"},
    address_row{"tcp6-listen", end::listens, transport::tcp, "-6"},
    address_row{"udp", end::calls, transport::udp},
    address_row{"udp-connect", end::calls, transport::udp},
    address_row{"udp-sendto", end::calls, transport::udp},
    address_row{"udp4", end::calls, transport::udp, "-4"},
    address_row{"udp6", end::calls, transport::udp, "-6"},
    address_row{"udp-listen", end::listens, transport::udp},
    address_row{"udp-recv", end::listens, transport::udp},
    address_row{"udp-recvfrom", end::listens, transport::udp},
    address_row{"udp4-listen", end::listens, transport::udp, "-4"},
    address_row{"udp6-listen", end::listens, transport::udp, "-6"},
    address_row{"unix", end::calls, transport::local},
    address_row{"unix-connect", end::calls, transport::local},
    address_row{"unix-client", end::calls, transport::local},
    address_row{"unix-listen", end::listens, transport::local},
    address_row{"exec", end::program},
    address_row{"system", end::shell},
};

/// One address: name:parameters,options.
struct parts {
  explicit parts(std::string_view word)
      : name{lower(word.substr(0, word.find(':')))},
        parameters{word.substr(std::min(name.size() + 1, word.size()))} {
    const auto comma = std::min(parameters.find(','), parameters.size());
    options = parameters.substr(comma);
    parameters = parameters.substr(0, comma);
  }

  [[nodiscard]] const address_row* row() const {
    const auto* found = std::ranges::find(rows, name, &address_row::name);
    return found == rows.end() || parameters.empty() ? nullptr : found;
  }
  [[nodiscard]] bool has(std::string_view option) const {
    return std::ranges::count(split(options), option) != 0;
  }
  /// Of an option as bind=127.0.0.1; empty where it is not there.
  [[nodiscard]] std::string_view value_of(std::string_view option) const {
    for (const auto each : split(options))
      if (each.starts_with(option)) return each.substr(option.size());
    return {};
  }

  static std::vector<std::string_view> split(std::string_view text) {
    std::vector<std::string_view> all;
    while (!text.empty()) {
      text.remove_prefix(1);
      all.push_back(text.substr(0, text.find(',')));
      text.remove_prefix(all.back().size());
    }
    return all;
  }

  std::string name;
  std::string_view parameters, options;
};

meant_line line_of(const parts& from, const address_row& row) {
  meant_line line;
  line.verb = row.is == end::listens ? verb::listen : verb::call;
  line.over = row.over;
  const auto colon = from.parameters.rfind(':');
  const bool has_host = colon != from.parameters.npos;
  if (row.over == transport::local)
    line.path = from.parameters;
  else
    line.port = from.parameters.substr(has_host ? colon + 1 : 0);
  (line.listens() ? line.host : line.source_host) = from.value_of("bind=");
  if (row.over != transport::local && has_host) line.host = from.parameters.substr(0, colon);
  if (!row.option.empty()) line.options.emplace_back(row.option);
  const bool serves_one = line.listens() && row.over != transport::udp && !from.has("fork");
  if (serves_one) line.options.emplace_back("--once");
  return line;
}

std::vector<std::string> program_of(const parts& from, const address_row& row) {
  if (row.is == end::shell) return {"sh", "-c", std::string{from.parameters}};
  std::vector<std::string> words;
  for (const auto each : words_of(from.parameters)) words.emplace_back(each);
  return words;
}

bool is_our_end(std::string_view word) { return word == "-" || lower(word) == "stdio"; }

}  // namespace

std::optional<std::string> line_for_addresses(std::span<const std::string_view> words) {
  std::optional<meant_line> listener, caller;
  std::vector<std::string> program;
  for (const auto word : words) {
    const parts from{word};
    const auto* row = from.row();
    if (is_our_end(word)) continue;
    if (row == nullptr) return std::nullopt;
    if (row->is == end::listens)
      listener = line_of(from, *row);
    else if (row->is == end::calls)
      caller = line_of(from, *row);
    else
      program = program_of(from, *row);
  }
  if (listener && caller) program = caller->words();
  auto& line = listener ? listener : caller;
  if (!line || !line->is_readable()) return std::nullopt;
  line->program = std::move(program);
  return line->text();
}

bool is_foreign_address(std::string_view word) noexcept {
  const parts from{word};
  const bool has_mark =
      from.name.find('-') != std::string::npos || from.name.ends_with('4') || from.name.ends_with('6');
  return has_mark && from.row() != nullptr;
}

}  // namespace ahoy::inline v0
