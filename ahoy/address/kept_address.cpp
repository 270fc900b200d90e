#include <ahoy/address/kept_address.hpp>

#include <cstring>

namespace ahoy::inline v0 {

kept_address::kept_address(const address& value) : size_{value.size()} {
  if (size_ <= bytes_.size()) {
    std::memcpy(bytes_.data(), value.data(), size_);
  } else {
    const auto* const elsewhere = new address{value};
    std::memcpy(bytes_.data(), &elsewhere, sizeof elsewhere);
  }
}

const address* kept_address::long_one() const noexcept {
  const address* elsewhere = nullptr;
  if (size_ > bytes_.size()) std::memcpy(&elsewhere, bytes_.data(), sizeof elsewhere);
  return elsewhere;
}

address kept_address::get() const {
  const address* const elsewhere = long_one();
  return elsewhere ? *elsewhere : address{reinterpret_cast<const sockaddr*>(bytes_.data()), size_};
}

}  // namespace ahoy::inline v0
