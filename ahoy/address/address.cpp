#include <ahoy/address/address.hpp>
#include <ahoy/address/secret_hash.hpp>
#include <ahoy/error/escape.hpp>
#include <ahoy/error/unreadable.hpp>

#include <arpa/inet.h>
#include <fmt/format.h>
#include <linux/vm_sockets.h>
#include <net/if.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>
#include <ostream>

namespace ahoy::inline v0 {
namespace {

constexpr std::size_t path_offset = offsetof(sockaddr_un, sun_path);
constexpr std::size_t path_limit = sizeof(sockaddr_un::sun_path);

// The storage as what it holds: copied, as the aliasing rules want it; the compiler sees through.
template <typename T>
T as(const address& from) noexcept {
  T value{};
  std::memcpy(&value, from.data(), std::min<std::size_t>(sizeof value, address::capacity()));
  return value;
}

template <typename T>
address from(const T& value) noexcept {
  return {reinterpret_cast<const sockaddr*>(&value), sizeof value};
}

std::uint32_t inet_host(const address& a) noexcept { return ntohl(as<sockaddr_in>(a).sin_addr.s_addr); }
in6_addr inet6_host(const address& a) noexcept { return as<sockaddr_in6>(a).sin6_addr; }

std::string zone_text(std::uint32_t scope) {
  std::array<char, IF_NAMESIZE> name{};
  if (scope == 0) return {};
  return if_indextoname(scope, name.data()) ? fmt::format("%{}", name.data()) : fmt::format("%{}", scope);
}

std::string inet_text(const address& a) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  auto v4 = as<sockaddr_in>(a);
  auto v6 = as<sockaddr_in6>(a);
  if (a.family() == family::inet) return inet_ntop(AF_INET, &v4.sin_addr, text.data(), text.size());
  return inet_ntop(AF_INET6, &v6.sin6_addr, text.data(), text.size()) + zone_text(v6.sin6_scope_id);
}

std::string_view path_bytes(const address& a) noexcept {
  auto size = std::min<std::size_t>(a.size(), path_offset + path_limit);
  if (size <= path_offset) return {};
  std::string_view bytes(reinterpret_cast<const char*>(a.data()) + path_offset, size - path_offset);
  return bytes[0] == '\0' ? bytes : bytes.substr(0, bytes.find('\0'));
}

// A lone NUL counts as unnamed: abstract names have at least one byte.
std::string path_text(const address& a) {
  std::string path(path_bytes(a));
  if (path.size() == 1 && path[0] == '\0') return {};
  if (!path.empty() && path[0] == '\0') path[0] = '@';
  return path;
}

std::string vsock_text(const address& a) {
  auto vsock = as<sockaddr_vm>(a);
  return fmt::format("vsock:{}:{}", vsock.svm_cid, vsock.svm_port);
}

[[noreturn]] void refuse_path(std::string_view path, const std::string& why) {
  throw unreadable("socket path", path, why);
}

std::size_t hash_of(std::string_view bytes, std::size_t before) noexcept {
  while (!bytes.empty()) {
    std::uint64_t word = 0;
    const std::size_t size = std::min(bytes.size(), sizeof word);
    std::memcpy(&word, bytes.data(), size);
    before = secret_hash(before + word);
    bytes.remove_prefix(size);
  }
  return before;
}

}  // namespace

address::address(const sockaddr* data, socklen_t size) noexcept {
  set_size(size);
  std::memcpy(&storage_, data, size_);
}

void address::set_size(socklen_t size) noexcept { size_ = std::min(size, capacity()); }

address address::inet(std::uint32_t host, std::uint16_t port) noexcept {
  sockaddr_in value{};
  value.sin_family = AF_INET;
  value.sin_port = htons(port);
  value.sin_addr.s_addr = htonl(host);
  return from(value);
}

address address::inet6(const in6_addr& host, std::uint16_t port, std::uint32_t scope) noexcept {
  sockaddr_in6 value{};
  value.sin6_family = AF_INET6;
  value.sin6_port = htons(port);
  value.sin6_addr = host;
  value.sin6_scope_id = scope;
  return from(value);
}

address address::any(ahoy::family of, std::uint16_t port) noexcept {
  return of == family::inet6 ? inet6(in6addr_any, port) : inet(INADDR_ANY, port);
}

address address::local(std::string_view path) {
  if (path.empty()) refuse_path(path, "a socket file needs a path");
  if (path.size() >= path_limit)
    refuse_path(path, fmt::format("a path holds at most {} bytes", path_limit - 1));
  bool abstract = path[0] == '@' || path[0] == '\0';
  if (abstract && path.size() == 1)
    refuse_path(path, "an abstract name needs at least one byte after its '@'");
  if (!abstract && path.find('\0') != path.npos) refuse_path(path, "a path holds no NUL");
  sockaddr_un value{};
  value.sun_family = AF_UNIX;
  path.copy(value.sun_path, path.size());
  if (abstract) value.sun_path[0] = '\0';
  auto terminator = abstract ? 0U : 1U;
  return {reinterpret_cast<const sockaddr*>(&value),
          static_cast<socklen_t>(path_offset + path.size() + terminator)};
}

family address::family() const noexcept {
  return size_ < sizeof storage_.ss_family ? family::unspecified
                                           : static_cast<ahoy::family>(storage_.ss_family);
}

std::string address::host() const {
  auto plain = unmapped();
  bool internet = plain.family() == family::inet || plain.family() == family::inet6;
  if (internet) return inet_text(plain);
  return family() == family::local ? path_text(*this) : std::string();
}

std::uint16_t address::port() const noexcept {
  if (family() == family::inet) return ntohs(as<sockaddr_in>(*this).sin_port);
  return family() == family::inet6 ? ntohs(as<sockaddr_in6>(*this).sin6_port) : std::uint16_t{0};
}

void address::set_port(std::uint16_t port) noexcept {
  static_assert(offsetof(sockaddr_in, sin_port) == offsetof(sockaddr_in6, sin6_port));
  if (family() != family::inet && family() != family::inet6) return;
  auto number = htons(port);
  std::memcpy(reinterpret_cast<char*>(&storage_) + offsetof(sockaddr_in, sin_port), &number, sizeof number);
}

bool address::is_any() const noexcept {
  auto plain = unmapped();
  if (plain.family() == family::inet) return inet_host(plain) == INADDR_ANY;
  auto host = inet6_host(plain);
  return plain.family() == family::inet6 && IN6_IS_ADDR_UNSPECIFIED(&host);
}

bool address::is_loopback() const noexcept {
  auto plain = unmapped();
  if (plain.family() == family::inet) return inet_host(plain) >> 24 == 127;
  auto host = inet6_host(plain);
  return plain.family() == family::inet6 && IN6_IS_ADDR_LOOPBACK(&host);
}

bool address::is_multicast() const noexcept {
  auto plain = unmapped();
  if (plain.family() == family::inet) return inet_host(plain) >> 28 == 14;
  auto host = inet6_host(plain);
  return plain.family() == family::inet6 && IN6_IS_ADDR_MULTICAST(&host);
}

bool address::is_broadcast() const noexcept {
  auto plain = unmapped();
  return plain.family() == family::inet && inet_host(plain) == INADDR_BROADCAST;
}

address address::unmapped() const noexcept {
  auto host = inet6_host(*this);
  if (family() != family::inet6 || !IN6_IS_ADDR_V4MAPPED(&host)) return *this;
  std::uint32_t last = 0;
  std::memcpy(&last, host.s6_addr + 12, sizeof last);
  return inet(ntohl(last), port());
}

std::string address::to_string() const {
  auto plain = unmapped();
  switch (plain.family()) {
    case family::unspecified:
      return "-";
    case family::inet:
      return fmt::format("{}:{}", plain.host(), port());
    case family::inet6:
      return fmt::format("[{}]:{}", plain.host(), port());
    case family::local:
      return (host().starts_with('/') ? "unix://" : "unix:") + escape(host());
    case family::vsock:
      return vsock_text(*this);
    default:
      return fmt::format("({})", ahoy::to_string(family()));
  }
}

/// Of IPv4 all that is significant is one word, which spares a server of datagrams much of each look-up.
std::optional<std::uint64_t> address::inet_word() const noexcept {
  static_assert(offsetof(sockaddr_in, sin_zero) == sizeof(std::uint64_t));
  if (family() != family::inet || size_ < sizeof(std::uint64_t)) return {};
  std::uint64_t word = 0;
  std::memcpy(&word, &storage_, sizeof word);
  return word;
}

bool operator==(const address& left, const address& right) noexcept {
  const auto word = left.inet_word();
  const auto other = right.inet_word();
  return word || other ? word == other : left.significant() == right.significant();
}

/// Senders of datagrams may be forged, as many as somebody likes.
std::size_t address::hash() const noexcept {
  if (const auto word = inet_word()) return secret_hash(*word);
  const auto [first, second] = significant();
  return hash_of(second, hash_of(first, 0));
}

std::pair<std::string_view, std::string_view> address::significant() const noexcept {
  std::string_view all(reinterpret_cast<const char*>(&storage_), size_);
  if (family() == family::inet) return {all.substr(0, offsetof(sockaddr_in, sin_zero)), {}};
  if (family() != family::inet6) return {all, {}};
  constexpr auto host = offsetof(sockaddr_in6, sin6_addr);
  return {all.substr(0, offsetof(sockaddr_in6, sin6_flowinfo)), all.substr(std::min(host, all.size()))};
}

std::ostream& operator<<(std::ostream& out, const address& value) { return out << value.to_string(); }

}  // namespace ahoy::inline v0
