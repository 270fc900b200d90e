#include <ahoy/address/ascii.hpp>
#include <ahoy/command/foreign_address.hpp>

#include <algorithm>
#include <array>
#include <string>
#include <utility>
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

/// An option of an address, as range=10.0.0.0/8, in a line. False where its value cannot be said there.
struct option_row {
  std::string_view name;
  bool has_value;
  bool calls, listens;  ///< who takes it
  bool (*say)(meant_line& line, std::string_view value);
};

// Whatever has no row makes that there is no line: it may be who is let in (su, tcpwrap, mode).
constexpr std::array option_rows{
    option_row{"fork", false, false, true, [](meant_line&, std::string_view) { return true; }},
    option_row{"reuseaddr", false, true, true, [](meant_line&, std::string_view) { return true; }},
    option_row{"reuseport", false, true, true, [](meant_line&, std::string_view) { return true; }},
    option_row{"bind", true, true, true,
               [](meant_line& line, std::string_view value) {
                 auto& local = line.listens() ? line.host : line.source_host;
                 const bool is_free = local.empty() && line.over != transport::local;
                 local = value;
                 return is_free;
               }},
    option_row{"range", true, false, true,
               [](meant_line& line, std::string_view value) {
                 line.options.insert(line.options.end(), {"--allow", std::string{value}});
                 return line.over != transport::local;
               }},
    option_row{"connect-timeout", true, true, false,
               [](meant_line& line, std::string_view value) {
                 line.options.insert(line.options.end(), {"--connect-timeout", std::string{value} + "s"});
                 return is_decimal(value);
               }},
    option_row{"sourceport", true, true, false,
               [](meant_line& line, std::string_view value) {
                 line.source_port = value;
                 return line.over != transport::local && all_digits(value);
               }},
};

/// Each option once at most: of two, the others let the last one hold, where --allow adds up.
class option_words {
 public:
  explicit option_words(std::string_view text) {
    while (!text.empty()) {
      text.remove_prefix(1);
      all_.push_back(text.substr(0, text.find(',')));
      text.remove_prefix(all_.back().size());
    }
  }

  [[nodiscard]] bool has(std::string_view name) const {
    return std::ranges::find(all_, name, name_of) != all_.end();
  }
  [[nodiscard]] bool empty() const noexcept { return all_.empty(); }
  /// False where one of them has no place in it.
  [[nodiscard]] bool say(meant_line& line) const {
    return std::ranges::all_of(all_, [&](std::string_view each) { return say(line, each); });
  }

 private:
  static std::string name_of(std::string_view option) { return lower(option.substr(0, option.find('='))); }

  bool say(meant_line& line, std::string_view option) const {
    const auto name = name_of(option);
    const auto* row = std::ranges::find(option_rows, name, &option_row::name);
    if (row == option_rows.end() || std::ranges::count(all_, name, name_of) > 1) return false;
    const bool has_value = option.size() > name.size() + 1;
    const bool is_form = row->has_value ? has_value : option.size() == name.size();
    const bool is_its = line.listens() ? row->listens : row->calls;
    return is_form && is_its && row->say(line, has_value ? option.substr(name.size() + 1) : "");
  }

  std::vector<std::string_view> all_;
};

/// One address: name:parameters,options.
struct parts {
  explicit parts(std::string_view word)
      : name{lower(word.substr(0, word.find(':')))},
        parameters{word.substr(std::min(name.size() + 1, word.size()))},
        options{parameters.substr(std::min(parameters.find(','), parameters.size()))} {
    parameters = parameters.substr(0, parameters.find(','));
  }

  [[nodiscard]] const address_row* row() const {
    const auto* found = std::ranges::find(rows, name, &address_row::name);
    return found == rows.end() || parameters.empty() ? nullptr : found;
  }

  std::string name;
  std::string_view parameters;
  option_words options;
};

/// What socat itself would not take as it stands: quotes, backslashes, and two addresses in one.
bool needs_reading(std::string_view word) {
  return word.find_first_of("'\"\\") != word.npos || word.find("!!") != word.npos;
}

/// nullopt where ahoy would not take the line, or it would not say all of it.
std::optional<meant_line> line_of(const parts& from, const address_row& row) {
  meant_line line;
  line.verb = row.is == end::listens ? verb::listen : verb::call;
  line.over = row.over;
  const auto colon = from.parameters.rfind(':');
  const bool has_host = colon != from.parameters.npos;
  if (row.over == transport::local)
    line.path = from.parameters;
  else
    line.port = from.parameters.substr(has_host ? colon + 1 : 0);
  if (!row.option.empty()) line.options.emplace_back(row.option);
  if (row.over != transport::local && has_host) line.host = from.parameters.substr(0, colon);
  const bool says_all = from.options.say(line);
  const bool serves_one = line.listens() && row.over != transport::udp && !from.options.has("fork");
  if (serves_one) line.options.emplace_back("--once");
  if (!says_all || is_port_range(line.port) || !line.is_accepted()) return std::nullopt;
  return line;
}

/// nullopt where there is none, or an option, of which none has a place in a line.
std::optional<std::vector<std::string>> program_of(const parts& from, const address_row& row) {
  auto words = row.is == end::shell ? std::vector<std::string>{"sh", "-c", std::string{from.parameters}}
                                    : program_words(from.parameters);
  if (words.empty() || !from.options.empty()) return std::nullopt;
  return words;
}

/// Sets what is not set yet; false where it is, or there is nothing to set it to.
template <typename Value>
bool set_once(std::optional<Value>& what, std::optional<Value> value) {
  if (what || !value) return false;
  what = std::move(value);
  return true;
}

/// What two addresses are to each other.
struct conversation {
  std::optional<meant_line> listener, caller;
  std::optional<std::vector<std::string>> program;

  /// False where there is no line with it.
  bool add(std::string_view word) {
    const parts from{word};
    const auto* row = from.row();
    if (row == nullptr || needs_reading(word)) return false;
    if (row->is == end::listens) return set_once(listener, line_of(from, *row));
    if (row->is == end::calls) return set_once(caller, line_of(from, *row));
    return set_once(program, program_of(from, *row));
  }
};

bool is_our_end(std::string_view word) { return word == "-" || lower(word) == "stdio"; }

}  // namespace

std::optional<std::string> line_for_addresses(std::span<const std::string_view> words) {
  if (words.size() > 2) return std::nullopt;
  conversation all;
  for (const auto word : words)
    if (!is_our_end(word) && !all.add(word)) return std::nullopt;
  if (all.listener && all.caller) all.program = all.caller->words();
  auto& line = all.listener ? all.listener : all.caller;
  if (!line) return std::nullopt;
  if (all.program) line->program = std::move(*all.program);
  if (!line->is_accepted()) return std::nullopt;
  return line->text();
}

bool is_foreign_address(std::string_view word) {
  const parts from{word};
  const bool has_mark =
      from.name.find('-') != std::string::npos || from.name.ends_with('4') || from.name.ends_with('6');
  return has_mark && from.row() != nullptr;
}

std::vector<std::string_view> foreign_address_names() {
  std::vector<std::string_view> names(rows.size());
  std::ranges::transform(rows, names.begin(), &address_row::name);
  return names;
}

}  // namespace ahoy::inline v0
