#pragma once
#include <ahoy/connection/security.hpp>

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>

namespace ahoy::inline v0 {

/// Security whose keys and rules change while it is in use: what begins after renew() has the new ones, what
/// has begun keeps the old ones to its end. For any thread.
class renewable_security final : public security {
 public:
  explicit renewable_security(std::shared_ptr<const security> first) noexcept : now_{std::move(first)} {}
  void renew(std::shared_ptr<const security> next);
  /// How often that has happened.
  [[nodiscard]] std::uint64_t renewals() const noexcept { return renewals_; }

  [[nodiscard]] std::unique_ptr<secure_connection> over(std::unique_ptr<connection> below, const host& server,
                                                        std::string name) const override;
  [[nodiscard]] duration handshake_timeout() const noexcept override { return now()->handshake_timeout(); }
  [[nodiscard]] std::string why_out_of_date() const override { return now()->why_out_of_date(); }

 private:
  [[nodiscard]] std::shared_ptr<const security> now() const;

  mutable std::mutex guard_;
  std::shared_ptr<const security> now_;
  std::atomic<std::uint64_t> renewals_ = 0;
};

}  // namespace ahoy::inline v0
