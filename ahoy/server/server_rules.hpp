#pragma once
#include <ahoy/address/address.hpp>
#include <ahoy/address/network.hpp>
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

  /// Of a family that is in no network, everybody.
  [[nodiscard]] bool admits(const address& caller) const noexcept;
};

}  // namespace ahoy::inline v0
