#include <ahoy/address/ascii.hpp>
#include <ahoy/address/port.hpp>
#include <ahoy/error/unreadable.hpp>

#include <netdb.h>
#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <ostream>

namespace ahoy::inline v0 {
namespace {

struct service {
  std::string_view name;
  std::uint16_t port;
};
// What a lab needs on a system without /etc/services (package netbase). IANA's numbers.
constexpr std::array services{
    service{"echo", 7},   service{"discard", 9}, service{"daytime", 13},      service{"ftp-data", 20},
    service{"ftp", 21},   service{"ssh", 22},    service{"telnet", 23},       service{"smtp", 25},
    service{"time", 37},  service{"domain", 53}, service{"gopher", 70},       service{"http", 80},
    service{"pop3", 110}, service{"nntp", 119},  service{"ntp", 123},         service{"imap2", 143},
    service{"imap", 143}, service{"https", 443}, service{"submissions", 465}, service{"nntps", 563},
    service{"ftps", 990}, service{"imaps", 993}, service{"pop3s", 995},
};

std::optional<std::uint16_t> system_service(const std::string& name, const char* protocol) {
  std::array<char, 4096> buffer{};
  servent entry{};
  servent* found = nullptr;
  getservbyname_r(name.c_str(), protocol, &entry, buffer.data(), buffer.size(), &found);
  if (!found) return std::nullopt;
  return ntohs(static_cast<std::uint16_t>(found->s_port));
}

std::optional<std::uint16_t> own_service(std::string_view name) {
  const auto* found = std::ranges::find(services, name, &service::name);
  if (found == services.end()) return std::nullopt;
  return found->port;
}

std::optional<std::uint16_t> service_port(std::string_view text, socket_type type) {
  const char* protocol = type == socket_type::datagram ? "udp" : "tcp";
  for (const auto& name : {std::string(text), lower(text)}) {
    if (auto port = system_service(name, protocol)) return port;
    if (auto port = system_service(name, nullptr)) return port;
    if (auto port = own_service(name)) return port;
  }
  return std::nullopt;
}

bool is_service_character(char c) {
  return is_letter(c) || is_digit(c) || std::string_view("-_.+/*").find(c) != std::string_view::npos;
}

bool is_service_name(std::string_view text) {
  return !text.empty() && text[0] != '+' && text[0] != '-' && std::ranges::all_of(text, is_service_character);
}

bool is_negative(std::string_view text) { return text.starts_with('-') && all_digits(text.substr(1)); }

constexpr auto* range_hint = "a port is a number from 0 to 65535";

std::uint16_t digits_value(std::string_view text) {
  std::uint16_t value = 0;
  auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failure != std::errc{}) throw unreadable("port", text, range_hint, errc::out_of_range);
  return value;
}

std::uint16_t port_of(std::string_view text, socket_type type) {
  if (all_digits(text)) return digits_value(text);
  if (is_negative(text)) throw unreadable("port", text, range_hint, errc::out_of_range);
  if (!is_service_name(text))
    throw unreadable("port", text,
                     "a port is a number from 0 to 65535 in digits alone, or the name of a service");
  if (auto port = service_port(text, type)) return *port;
  throw unreadable("port", text, "", errc::service_not_found);
}

}  // namespace

port::port(std::string_view text, socket_type type) : number_(port_of(text, type)) {}

std::uint16_t port::refuse(std::string_view number) {
  throw unreadable("port", number, range_hint, errc::out_of_range);
}

std::string to_string(port value) { return std::to_string(value.number()); }

std::ostream& operator<<(std::ostream& out, port value) { return out << to_string(value); }

}  // namespace ahoy::inline v0
