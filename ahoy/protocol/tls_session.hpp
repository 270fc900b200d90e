#pragma once
#include <ahoy/address/host.hpp>
#include <ahoy/protocol/transfer_options.hpp>

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace ahoy::inline v0 {

/// A conversation over TLS 1.2 or 1.3 (RFC 5246, RFC 8446), seen from one side. No input or output here: what
/// comes over the network goes in by take(), and what has to go there comes out of outgoing().
class tls_session {
 public:
  /// The client's side, before a word was said. `server` is who has to answer: its certificate has to show
  /// that name or address. `label` is what errors call it. Throws error (malformed) for a file that cannot be
  /// read, or whose key and certificate do not belong together, and for a key that is encrypted.
  [[nodiscard]] static tls_session to_server(const host& server, std::string label, const tls_options& how);
  tls_session(tls_session&&) noexcept;
  ~tls_session();

  /// What has come.
  void take(std::string_view wire);
  /// Nothing more will come: where the peer has not said that it ends, it was cut short.
  void end() noexcept;
  /// What has to go to the peer, before more is waited for; empty: nothing. After a failure that is the alert
  /// which tells the peer of it.
  [[nodiscard]] std::string outgoing();

  /// Goes on with the handshake as far as what has come allows; whether it is over. Throws error:
  /// not_trusted, handshake_failed.
  bool shake_hands();
  /// What the peer says, some 64 KiB at most; nullopt where more has to come first, empty once it has ended
  /// its side (close_notify). Throws error: protocol_broken, cut_short; handshake_failed where the peer says
  /// only now that it does not take our certificate.
  std::optional<std::string> read();
  /// Has it go to the peer. The handshake is over.
  void write(std::string_view plain);

 private:
  struct state;
  explicit tls_session(std::unique_ptr<state> made) noexcept;
  std::unique_ptr<state> state_;
};

}  // namespace ahoy::inline v0
