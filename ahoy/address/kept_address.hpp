#pragma once
#include <ahoy/address/address.hpp>

#include <array>

namespace ahoy::inline v0 {

/// An address where very many are kept: in 32 bytes, where those of the internet have room. A longer one, as
/// the path of a socket file is, stands elsewhere.
class kept_address {
 public:
  explicit kept_address(const address& value);
  kept_address(const kept_address&) = delete;
  kept_address& operator=(const kept_address&) = delete;
  ~kept_address() { delete long_one(); }

  [[nodiscard]] address get() const;

 private:
  /// Null where it is kept here.
  [[nodiscard]] const address* long_one() const noexcept;

  [[nodiscard]] const address** place_of_long_one() const noexcept;

  alignas(
      sockaddr*) mutable std::array<char, sizeof(sockaddr_in6)> bytes_{};  // the address, or where it stands
  socklen_t size_;
};

}  // namespace ahoy::inline v0
