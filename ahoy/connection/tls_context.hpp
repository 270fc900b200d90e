#pragma once
#include <ahoy/connection/tls_options.hpp>

#include <memory>
#include <string>
#include <utility>

struct ssl_st;

namespace ahoy::inline v0 {

struct tls_peer;

/// What the conversations of one side have in common: its keys, whom it believes, and what shortens the next
/// handshake with the same peer (tickets). May be shared by threads.
class tls_context {
 public:
  /// Throws error (malformed) for a file that cannot be read, or whose key and certificate do not belong
  /// together, for a key that is encrypted, and for a token or the name of a protocol of another length than
  /// they may have.
  [[nodiscard]] static tls_context of_client(const tls_options& how);
  /// The same; and where there is no certificate to show.
  [[nodiscard]] static tls_context of_server(const tls_options& how);

  /// Why whoever looks at the date will not trust our certificate: "it was good until 2026-01-31"; empty
  /// where it is good today, and where there is none.
  [[nodiscard]] std::string why_out_of_date() const;

 private:
  friend class tls_session;
  struct state;
  /// To be freed by SSL_free(), before `peer`, which it finds. Throws std::bad_alloc.
  [[nodiscard]] ssl_st* new_session(tls_peer& peer) const;
  /// By what the same server gave the last time, if anything.
  void resume(ssl_st* session) const;
  [[nodiscard]] const std::string& token() const noexcept;  // empty: none
  explicit tls_context(std::shared_ptr<state> made) noexcept : state_{std::move(made)} {}
  std::shared_ptr<state> state_;
};

/// The fingerprint of the key of the first certificate of a file, PEM; throws error (malformed).
[[nodiscard]] std::string key_fingerprint(const std::string& certificate_file);

}  // namespace ahoy::inline v0
