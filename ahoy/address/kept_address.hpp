#pragma once
#include <ahoy/address/address.hpp>

#include <array>
#include <memory>

namespace ahoy::inline v0 {

/// An address where many are kept: room for what the internet has, which is a quarter of what an address
/// takes. A longer one, as the path of a socket file is, stands elsewhere.
class kept_address {
 public:
  explicit kept_address(const address& value);
  [[nodiscard]] address get() const { return long_one_ ? *long_one_ : address{data(), size_}; }
  [[nodiscard]] ahoy::family family() const noexcept { return get().family(); }

 private:
  [[nodiscard]] const sockaddr* data() const noexcept {
    return reinterpret_cast<const sockaddr*>(bytes_.data());
  }
  alignas(sockaddr_in6) std::array<char, sizeof(sockaddr_in6)> bytes_{};
  socklen_t size_ = 0;
  std::unique_ptr<const address> long_one_;
};

}  // namespace ahoy::inline v0
