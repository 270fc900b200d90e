#pragma once
#include <ahoy/address/address.hpp>
#include <ahoy/address/network_set.hpp>
#include <ahoy/connection/security.hpp>

#include <memory>
#include <vector>

namespace ahoy::inline v0 {

/// Who may call, and what answers them over TLS: what a server takes anew while it runs.
struct server_rules {
  // No aggregate with members that are left out. NOLINTNEXTLINE(modernize-use-equals-default)
  server_rules() noexcept {}
  std::vector<network> allow;  ///< where not empty, only these may call
  std::vector<network> deny;
  std::shared_ptr<const security> tls;  ///< null: as it was
};

/// What the rules say of who may call, to be asked for each caller and each datagram of a stranger: however
/// many networks there are, that takes no longer than a binary search.
class caller_filter {
 public:
  explicit caller_filter(const server_rules& rules);
  /// Of a family that is in no network, everybody.
  [[nodiscard]] bool admits(const address& caller) const noexcept;

 private:
  network_set allowed_, denied_;
  bool allows_all_;  // whom nobody denies
};

}  // namespace ahoy::inline v0
