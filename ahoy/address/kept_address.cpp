#include <ahoy/address/kept_address.hpp>

#include <cstring>
#include <memory>

namespace ahoy::inline v0 {

kept_address::kept_address(const address& value) : size_{value.size()} {
  if (size_ <= bytes_.size()) {
    std::memcpy(bytes_.data(), value.data(), size_);
  } else {
    std::construct_at(place_of_long_one(), new address{value});
  }
}

const address** kept_address::place_of_long_one() const noexcept {
  return reinterpret_cast<const address**>(bytes_.data());
}

const address* kept_address::long_one() const noexcept {
  return size_ > bytes_.size() ? *place_of_long_one() : nullptr;
}

address kept_address::get() const {
  const address* const elsewhere = long_one();
  return elsewhere ? *elsewhere : address{reinterpret_cast<const sockaddr*>(bytes_.data()), size_};
}

}  // namespace ahoy::inline v0
