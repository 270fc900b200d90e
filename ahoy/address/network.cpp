#include <ahoy/address/network.hpp>
#include <ahoy/error/unreadable.hpp>

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <system_error>
#include <utility>

namespace ahoy::inline v0 {
namespace {

constexpr unsigned mapped_bits = 96;  // ::ffff:0:0/96, RFC 4291, 2.5.5.2

constexpr unsigned bits_of(int family) noexcept { return family == AF_INET ? 32 : 128; }

[[noreturn]] void refuse(errc cause, std::string_view text, const std::string& hint) {
  throw unreadable("network", text, hint, cause);
}

unsigned parse_prefix(std::string_view digits, unsigned bits, std::string_view text) {
  unsigned prefix = 0;
  const auto [end, failure] = std::from_chars(digits.data(), digits.data() + digits.size(), prefix);
  const auto hint = fmt::format("after the slash write the number of leading bits, 0 to {}", bits);
  if (failure == std::errc::invalid_argument || end != digits.data() + digits.size())
    refuse(errc::malformed, text, hint);
  if (failure != std::errc() || prefix > bits) refuse(errc::out_of_range, text, hint);
  return prefix;
}

}  // namespace

network network::parse(std::string_view text) {
  const auto slash = text.find('/');
  const auto first = parse_host(text.substr(0, slash), text);
  const auto bits = bits_of(first.family);
  const auto prefix = slash == text.npos ? bits : parse_prefix(text.substr(slash + 1), bits, text);
  const auto inner = unmapped(first);
  if (inner.family != first.family && prefix >= mapped_bits) return {inner, prefix - mapped_bits};
  return {first, prefix};
}

// inet_pton(3) takes the strict forms alone: four decimal numbers without leading zeros, or RFC 4291's text
// without a zone.
network::host network::parse_host(std::string_view digits, std::string_view text) {
  const std::string terminated(digits);
  const bool whole = terminated.find('\0') == terminated.npos;
  for (const int family : {AF_INET, AF_INET6}) {
    host found;
    found.family = family;
    if (whole && inet_pton(family, terminated.c_str(), found.bytes.data()) == 1) return found;
  }
  refuse(errc::malformed, text, "write an address and a prefix, as in 10.0.0.0/8 or 2001:db8::/32");
}

network::network(const host& first, unsigned prefix) noexcept
    : first_(masked(first, prefix)), prefix_(prefix) {}

bool network::contains(const sockaddr& peer) const noexcept {
  const auto who = host_of(peer);
  return who.family == first_.family && masked(who, prefix_) == first_;
}

network::host network::host_of(const sockaddr& peer) noexcept {
  host found;
  found.family = peer.sa_family;
  const auto* start = reinterpret_cast<const std::byte*>(&peer);
  if (found.family == AF_INET) std::memcpy(found.bytes.data(), start + offsetof(sockaddr_in, sin_addr), 4);
  if (found.family == AF_INET6)
    std::memcpy(found.bytes.data(), start + offsetof(sockaddr_in6, sin6_addr), 16);
  return unmapped(found);
}

network::host network::masked(host all, unsigned prefix) noexcept {
  for (unsigned i = 0; i < all.bytes.size(); ++i) {
    const auto kept = std::min(8u, prefix - std::min(prefix, 8 * i));
    all.bytes[i] &= static_cast<std::byte>(0xff00u >> kept);
  }
  return all;
}

network::host network::unmapped(const host& inet6) noexcept {
  constexpr std::array<unsigned char, mapped_bits / 8> mapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  if (inet6.family != AF_INET6 || std::memcmp(inet6.bytes.data(), mapped.data(), mapped.size()) != 0)
    return inet6;
  host inner;
  inner.family = AF_INET;
  std::copy_n(inet6.bytes.begin() + mapped.size(), 4, inner.bytes.begin());
  return inner;
}

std::string network::to_string() const {
  char text[INET6_ADDRSTRLEN];
  return fmt::format("{}/{}", inet_ntop(first_.family, first_.bytes.data(), text, sizeof text), prefix_);
}

}  // namespace ahoy::inline v0
