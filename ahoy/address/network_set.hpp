#pragma once
#include <ahoy/address/network.hpp>

#include <array>
#include <cstdint>
#include <span>
#include <vector>

namespace ahoy::inline v0 {

/// The hosts of many networks together. However many there are, a host is looked for in the time of a binary
/// search: strangers, who may send a datagram from any address, make us look. A value.
class network_set {
 public:
  network_set() = default;
  explicit network_set(std::span<const network> all);

  /// As network::contains() of any of them.
  [[nodiscard]] bool contains(const sockaddr& peer) const noexcept;
  [[nodiscard]] bool empty() const noexcept { return inet_.empty() && inet6_.empty(); }

 private:
  template <class Host>
  struct range {
    Host first, last;
  };
  using inet_host = std::uint32_t;
  using inet6_host = std::array<std::uint64_t, 2>;  // the upper half first
  template <class Host>
  static void merge(std::vector<range<Host>>& all);
  template <class Host>
  static bool is_in(const std::vector<range<Host>>& all, const Host& one) noexcept;
  static inet_host inet_of(const network::host& from) noexcept;
  static inet6_host inet6_of(const network::host& from) noexcept;
  static range<inet_host> inet_range(const network& of) noexcept;
  static range<inet6_host> inet6_range(const network& of) noexcept;

  // Each by its first host, and none that overlaps another.
  std::vector<range<inet_host>> inet_;
  std::vector<range<inet6_host>> inet6_;
};

}  // namespace ahoy::inline v0
