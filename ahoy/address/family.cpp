#include <ahoy/address/ascii.hpp>
#include <ahoy/address/family.hpp>
#include <ahoy/error/unreadable.hpp>

#include <fmt/format.h>
#include <netdb.h>
#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <charconv>

namespace ahoy::inline v0 {
namespace {

struct spelling {
  std::string_view text;
  int value;
};

// The first spelling of a value is the one that is printed.
constexpr std::array families{
    spelling{"inet", AF_INET},          spelling{"inet6", AF_INET6},   spelling{"local", AF_UNIX},
    spelling{"unix", AF_UNIX},          spelling{"x25", AF_X25},       spelling{"vsock", AF_VSOCK},
    spelling{"unspecified", AF_UNSPEC}, spelling{"unspec", AF_UNSPEC},
};
constexpr std::array types{
    spelling{"stream", SOCK_STREAM},
    spelling{"datagram", SOCK_DGRAM},
    spelling{"dgram", SOCK_DGRAM},
};
// The kernel's common ones, so that they are known on a system without /etc/protocols (package netbase).
constexpr std::array protocols{
    spelling{"ip", IPPROTO_IP},
    spelling{"tcp", IPPROTO_TCP},
    spelling{"udp", IPPROTO_UDP},
    spelling{"icmp", IPPROTO_ICMP},
    spelling{"ipv6-icmp", IPPROTO_ICMPV6},
    spelling{"icmpv6", IPPROTO_ICMPV6},
    spelling{"sctp", IPPROTO_SCTP},
    spelling{"udplite", IPPROTO_UDPLITE},
    spelling{"dccp", IPPROTO_DCCP},
    spelling{"mptcp", IPPROTO_MPTCP},
};

template <typename... Prefixes>
std::string without_prefix(std::string_view text, Prefixes... prefixes) {
  auto name = lower(text);
  std::size_t length = 0;
  ((length = name.starts_with(prefixes) ? std::string_view(prefixes).size() : length), ...);
  return name.substr(length);
}

const spelling* by_name(const auto& table, std::string_view name) {
  auto found = std::ranges::find(table, name, &spelling::text);
  return found == table.end() ? nullptr : &*found;
}

const spelling* by_value(const auto& table, int value) {
  auto found = std::ranges::find(table, value, &spelling::value);
  return found == table.end() ? nullptr : &*found;
}

std::string known_names(const auto& table) {
  std::string names;
  for (const auto& entry : table) names += (names.empty() ? "" : ", ") + std::string(entry.text);
  return names;
}

int value_of(const auto& table, std::string_view what, std::string_view text, std::string_view name) {
  if (const auto* found = by_name(table, name)) return found->value;
  throw unreadable(what, text, fmt::format("known are {}", known_names(table)));
}

int system_protocol(const std::string& name) {
  std::array<char, 4096> buffer{};
  protoent entry{};
  protoent* found = nullptr;
  getprotobyname_r(name.c_str(), &entry, buffer.data(), buffer.size(), &found);
  return found ? found->p_proto : -1;
}

int digits_value(std::string_view text) {
  int value = -1;
  auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
  return failure == std::errc{} && end == text.data() + text.size() && value >= 0 ? value : -1;
}

int protocol_number(std::string_view text) {
  auto name = without_prefix(text, "ipproto_");
  if (const auto* found = by_name(protocols, name)) return found->value;
  if (auto number = digits_value(text); number >= 0) return number;
  if (auto number = system_protocol(name); number >= 0) return number;
  throw unreadable(
      "protocol", text,
      fmt::format("give its number, a name from /etc/protocols, or one of {}", known_names(protocols)));
}

}  // namespace

protocol::protocol(std::string_view text) : number_(protocol_number(text)) {}

family parse_family(std::string_view text) {
  return static_cast<family>(value_of(families, "family", text, without_prefix(text, "af_", "pf_")));
}

socket_type parse_socket_type(std::string_view text) {
  return static_cast<socket_type>(value_of(types, "socket type", text, without_prefix(text, "sock_")));
}

std::string to_string(family value) {
  const auto* found = by_value(families, static_cast<int>(value));
  return found ? std::string(found->text) : fmt::format("family {}", static_cast<int>(value));
}

std::string to_string(socket_type value) {
  const auto* found = by_value(types, static_cast<int>(value));
  return found ? std::string(found->text) : fmt::format("type {}", static_cast<int>(value));
}

std::string to_string(protocol value) {
  const auto* found = by_value(protocols, value.number());
  if (value.number() == 0) return "0";
  return found ? std::string(found->text) : fmt::format("protocol {}", value.number());
}

}  // namespace ahoy::inline v0
