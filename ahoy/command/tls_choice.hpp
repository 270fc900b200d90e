#pragma once
#include <ahoy/command/known_hosts.hpp>
#include <ahoy/command/options.hpp>
#include <ahoy/connection/security.hpp>

#include <memory>
#include <optional>
#include <string>

namespace ahoy::inline v0 {

/// What a call by tls believes, and what is done about it when that is known.
class tls_choice {
 public:
  /// As the options, the endpoint's fingerprint and the known hosts say. Throws error.
  tls_choice(const endpoint& to, const tls_settings& how);
  [[nodiscard]] const std::shared_ptr<const security>& side() const noexcept { return side_; }
  /// The conversation has begun: a key that was given is remembered.
  void accepted() const;
  /// The same error, with what would accept that server.
  [[nodiscard]] error explained(const trust_error& why) const;

 private:
  endpoint to_;
  std::string given_;                // the fingerprint in the endpoint; empty: none
  std::optional<known_host> known_;  // where it is what counts
  std::shared_ptr<const security> side_;
};

/// The user's own key, which is made once. Throws error.
[[nodiscard]] own_identity identity_of_user();

/// What answers on tls endpoints: with --cert, or as `who`. Throws error.
[[nodiscard]] std::shared_ptr<const security> security_of_listener(const tls_settings& how,
                                                                   const own_identity& who,
                                                                   duration handshake_timeout);

/// The fingerprints in a file, one a line; # begins a comment. Throws error (malformed) with the number of a
/// line that is none.
[[nodiscard]] std::vector<std::string> keys_in_file(const std::string& name);

}  // namespace ahoy::inline v0
