#include <ahoy/address/kept_address.hpp>

#include <algorithm>

namespace ahoy::inline v0 {

kept_address::kept_address(const address& value) {
  if (value.size() > bytes_.size()) {
    long_one_ = std::make_unique<const address>(value);
    return;
  }
  size_ = value.size();
  std::copy_n(reinterpret_cast<const char*>(value.data()), size_, bytes_.data());
}

}  // namespace ahoy::inline v0
