#pragma once
#include <sys/socket.h>

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

namespace ahoy::inline v0 {

/// The hosts that share the first bits of their address (CIDR, RFC 4632; RFC 4291, 2.3). A value.
class network {
 public:
  /// "10.0.0.0/8", "2001:db8::/32"; a bare address is that host alone. Bits after the prefix do not count:
  /// 127.0.0.1/8 is 127.0.0.0/8. A network within ::ffff:0:0/96 is the IPv4 network that is mapped there.
  /// Throws ahoy::error: errc::malformed (a name, a zone, a netmask, a short form as 10/8),
  /// errc::out_of_range (a prefix longer than the address).
  [[nodiscard]] static network parse(std::string_view text);

  /// Whether the host of `peer`, an inet or inet6 socket address, is in it. A mapped peer (::ffff:10.0.0.1)
  /// is an IPv4 host: 10.0.0.0/8 contains it, ::/0 does not. No other family's address is in any network.
  /// `peer` must be the head of what its family says it is (sockaddr_in, sockaddr_in6).
  [[nodiscard]] bool contains(const sockaddr& peer) const noexcept;

  /// "10.0.0.0/8": always with its prefix, the bits after it cleared.
  [[nodiscard]] std::string to_string() const;

  friend bool operator==(const network&, const network&) = default;

 private:
  friend class network_set;
  struct host {
    int family = AF_UNSPEC;
    std::array<std::byte, 16> bytes{};  // network order; the first 4 where the family is AF_INET
    friend bool operator==(const host&, const host&) = default;
  };
  network(const host& first, unsigned prefix) noexcept;
  static host host_of(const sockaddr& peer) noexcept;
  static host masked(host all, unsigned prefix) noexcept;
  static host unmapped(const host& inet6) noexcept;
  static host parse_host(std::string_view digits, std::string_view text);

  host first_;
  unsigned prefix_;
};

}  // namespace ahoy::inline v0
