#pragma once
#include <ahoy/address/family.hpp>

#include <netinet/in.h>
#include <sys/socket.h>

#include <cstdint>
#include <functional>
#include <iosfwd>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace ahoy::inline v0 {

/// A socket address: a value over sockaddr_storage. Copying is cheap (132 bytes), comparing is by what is
/// addressed.
class address {
 public:
  address() noexcept = default;
  /// Copies `size` bytes, at most what sockaddr_storage holds.
  address(const sockaddr* data, socklen_t size) noexcept;

  /// IPv4; `host` is in host byte order, as the hand-out's integer is: inet(0x7f000001, 80) is 127.0.0.1:80.
  [[nodiscard]] static address inet(std::uint32_t host, std::uint16_t port) noexcept;
  /// IPv6; `scope` is the index of the interface for link-local hosts, else 0.
  [[nodiscard]] static address inet6(const in6_addr& host, std::uint16_t port,
                                     std::uint32_t scope = 0) noexcept;
  /// Any of this machine, to bind to: [::] where `of` is inet6, else 0.0.0.0.
  [[nodiscard]] static address any(ahoy::family of, std::uint16_t port) noexcept;
  /// A socket file, or, with a leading '@' or NUL, a name in Linux' abstract namespace (unix(7)).
  /// Throws ahoy::error (malformed) if it is empty, longer than 107 bytes, or a path with a NUL in it.
  [[nodiscard]] static address local(std::string_view path);

  [[nodiscard]] ahoy::family family() const noexcept;
  /// The host alone: "127.0.0.1", "::1", "fe80::1%eth0" (the index where it has no name any more); of a local
  /// address the path, unescaped, with '@' for an abstract name's NUL. IPv4 in IPv6 (::ffff:0:0/96) is
  /// written as IPv4.
  [[nodiscard]] std::string host() const;
  /// 0 where the family has none.
  [[nodiscard]] std::uint16_t port() const noexcept;
  /// Nothing where the family has none.
  void set_port(std::uint16_t port) noexcept;

  [[nodiscard]] bool is_any() const noexcept;        ///< 0.0.0.0 or ::
  [[nodiscard]] bool is_loopback() const noexcept;   ///< 127.0.0.0/8 or ::1
  [[nodiscard]] bool is_multicast() const noexcept;  ///< 224.0.0.0/4 or ff00::/8
  [[nodiscard]] bool is_broadcast()
      const noexcept;  ///< 255.255.255.255; a network's own cannot be told from a host
  /// The inet address inside a mapped inet6 one (RFC 4291, 2.5.5.2); any other address unchanged.
  [[nodiscard]] address unmapped() const noexcept;

  /// "127.0.0.1:40112", "[::1]:40112", "[fe80::1%eth0]:80", "unix:///path", "unix:@abstract", "unix:"
  /// (unnamed), "-" where nothing is addressed. Never "::ffff:". A path is escaped, since its owner chose it.
  [[nodiscard]] std::string to_string() const;

  /// For the kernel. To have it filled: pass data() and capacity(), then set_size() to what came back.
  [[nodiscard]] const sockaddr* data() const noexcept { return reinterpret_cast<const sockaddr*>(&storage_); }
  [[nodiscard]] sockaddr* data() noexcept { return reinterpret_cast<sockaddr*>(&storage_); }
  [[nodiscard]] socklen_t size() const noexcept { return size_; }
  [[nodiscard]] static constexpr socklen_t capacity() noexcept { return sizeof(sockaddr_storage); }
  /// A larger size (the kernel says what it would have needed) counts as capacity().
  void set_size(socklen_t size) noexcept;

  friend bool operator==(const address& left, const address& right) noexcept;
  [[nodiscard]] std::size_t hash() const noexcept;

 private:
  // The bytes that say what is addressed, in two runs: not padding, and not the flow label.
  [[nodiscard]] std::pair<std::string_view, std::string_view> significant() const noexcept;
  [[nodiscard]] std::optional<std::uint64_t> inet_word() const noexcept;

  sockaddr_storage storage_{};
  socklen_t size_ = 0;
};

std::ostream& operator<<(std::ostream& out, const address& value);

}  // namespace ahoy::inline v0

template <>
struct std::hash<ahoy::address> {
  std::size_t operator()(const ahoy::address& value) const noexcept { return value.hash(); }
};
