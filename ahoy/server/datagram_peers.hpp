#pragma once
#include <ahoy/server/admission.hpp>
#include <ahoy/server/callers.hpp>

#include <algorithm>
#include <span>
#include <unordered_map>
#include <vector>

namespace ahoy::inline v0 {

/// Peers of datagrams in conversation, by where they call from: since nobody knows when one has left, one of
/// the same address has to make way where an address has as many as it may. Kept only where there is such a
/// limit. Belongs to the server's thread.
class datagram_peers {
 public:
  void add(callers::caller& one) {
    if (const auto from = address_group::of(one.link().remote())) by_group_[*from].push_back(&one);
  }
  void remove(callers::caller& one) noexcept {
    const auto from = address_group::of(one.link().remote());
    const auto found = from ? by_group_.find(*from) : by_group_.end();
    if (found == by_group_.end()) return;
    std::erase(found->second, &one);
    if (found->second.empty()) by_group_.erase(found);
  }
  [[nodiscard]] std::span<callers::caller* const> of(const address& caller) const noexcept {
    const auto from = address_group::of(caller);
    const auto found = from ? by_group_.find(*from) : by_group_.end();
    if (found == by_group_.end()) return {};
    return found->second;
  }

 private:
  std::unordered_map<address_group, std::vector<callers::caller*>, address_group_hash> by_group_;
};

}  // namespace ahoy::inline v0
