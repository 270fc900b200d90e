#include <ahoy/server/server_rules.hpp>

#include <algorithm>

namespace ahoy::inline v0 {

namespace {

bool is_in(const std::vector<network>& list, const address& caller) noexcept {
  return std::ranges::any_of(list, [&](const network& each) { return each.contains(*caller.data()); });
}

}  // namespace

bool server_rules::admits(const address& caller) const noexcept {
  if (caller.family() == family::local) return true;
  return !is_in(deny, caller) && (allow.empty() || is_in(allow, caller));
}

}  // namespace ahoy::inline v0
