#include <ahoy/server/callers.hpp>

#include <algorithm>

namespace ahoy::inline v0 {

callers::caller* callers::find(std::string_view label) noexcept {
  const auto found =
      std::ranges::find_if(present_, [&](const caller& each) { return each.link.label() == label; });
  return found == present_.end() ? nullptr : &*found;
}

void callers::end_receiving() {
  for (caller& each : present_) each.link.shutdown_receive();
}

}  // namespace ahoy::inline v0
