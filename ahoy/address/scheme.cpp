#include <ahoy/address/ascii.hpp>
#include <ahoy/address/scheme.hpp>
#include <ahoy/error/unreadable.hpp>

#include <algorithm>
#include <array>

namespace ahoy::inline v0 {
namespace {

// In the order of the enumeration.
constexpr std::array table{
    scheme_traits{scheme::tcp, "tcp", transport::tcp, default_port, false},
    scheme_traits{scheme::tls, "tls", transport::tls, default_port, false},
    scheme_traits{scheme::udp, "udp", transport::udp, default_port, false},
    scheme_traits{scheme::local, "unix", transport::local, 0, false},
    scheme_traits{scheme::ahoy, "ahoy", transport::tls, default_port, false},
    scheme_traits{scheme::ahoy_tcp, "ahoy+tcp", transport::tcp, default_port, false},
    scheme_traits{scheme::http, "http", transport::tcp, 80, true},
    scheme_traits{scheme::https, "https", transport::tls, 443, true},
    scheme_traits{scheme::ftp, "ftp", transport::tcp, 21, true},
    scheme_traits{scheme::ftps, "ftps", transport::tls, 990, true},
    scheme_traits{scheme::smtp, "smtp", transport::tcp, 25, true},
    scheme_traits{scheme::smtps, "smtps", transport::tls, 465, true},
    scheme_traits{scheme::pop3, "pop3", transport::tcp, 110, true},
    scheme_traits{scheme::pop3s, "pop3s", transport::tls, 995, true},
    scheme_traits{scheme::imap, "imap", transport::tcp, 143, true},
    scheme_traits{scheme::imaps, "imaps", transport::tls, 993, true},
    scheme_traits{scheme::nntp, "nntp", transport::tcp, 119, true},
    scheme_traits{scheme::nntps, "nntps", transport::tls, 563, true},
    scheme_traits{scheme::gopher, "gopher", transport::tcp, 70, true},
    scheme_traits{scheme::gophers, "gophers", transport::tls, 70, true},
    scheme_traits{scheme::telnet, "telnet", transport::tcp, 23, true},
};

constexpr bool in_order() {
  for (std::size_t at = 0; at < table.size(); ++at)
    if (table[at].scheme != static_cast<scheme>(at)) return false;
  return table.back().scheme == scheme::telnet;
}
static_assert(in_order());

std::string known_schemes() {
  std::string names;
  for (const auto& row : table) names += (names.empty() ? "" : " ") + std::string(row.text);
  return names;
}

}  // namespace

const scheme_traits& traits(scheme value) noexcept { return table[static_cast<std::size_t>(value)]; }

scheme parse_scheme(std::string_view text) {
  const auto* found = std::ranges::find(table, lower(text), &scheme_traits::text);
  if (found == table.end()) throw unreadable("scheme", text, "known are " + known_schemes());
  return found->scheme;
}

std::string to_string(scheme value) { return std::string(traits(value).text); }

}  // namespace ahoy::inline v0
