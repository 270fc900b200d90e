#pragma once
#include <ahoy/address/host.hpp>
#include <ahoy/connection/tls_context.hpp>
#include <ahoy/engine/buffer.hpp>

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace ahoy::inline v0 {

/// A conversation over TLS 1.2 or 1.3 (RFC 5246, RFC 8446), seen from one side. No input or output here: what
/// comes over the network goes in by take(), and what has to go there comes out of take_outgoing().
class tls_session {
 public:
  /// The client's side, before a word was said. `server` is who has to answer: its certificate has to show
  /// that name or address. `label` is what errors call it.
  [[nodiscard]] static tls_session to_server(const tls_context& as, const host& server, std::string label);
  /// The server's side.
  [[nodiscard]] static tls_session to_client(const tls_context& as, std::string label);
  tls_session(tls_session&&) noexcept;
  ~tls_session();

  /// Has a server shake hands with a caller of our own, over TLS 1.3, whom it believes. OpenSSL looks for
  /// each algorithm when it is first wanted, and where memory runs out in that it never finds it again: so it
  /// looks before anybody calls, and a process that is forked for a caller has found them. That they do not
  /// agree is no failure: its callers may have what this one lacks. Throws std::bad_alloc; error where a
  /// token cannot be proved.
  static void rehearse(const tls_context& server, const tls_context& caller);

  /// What has come. A loan goes back to its pool as soon as all of it was read.
  void take(bytes wire);
  void take(std::string_view wire);
  /// Nothing more will come: where the peer has not said that it ends, it was cut short.
  void end() noexcept;
  [[nodiscard]] std::size_t outgoing_size() const noexcept;
  /// What has to go to the peer, before more is waited for, is added to `to`. After a failure that is the
  /// alert which tells the peer of it.
  void take_outgoing(std::string& to);

  /// Goes on with the handshake as far as what has come allows; whether it is over, the proofs of a token
  /// included. Throws error: not_trusted (a trust_error), handshake_failed; refused where the token is not
  /// the same.
  bool shake_hands();
  /// What the peer says, as much as there is room for; nullopt where more has to come first, 0 once it has
  /// ended its side (close_notify). Throws error: protocol_broken, cut_short; handshake_failed where the peer
  /// says only now that it does not take our certificate.
  std::optional<std::size_t> read(std::span<char> into);
  /// Has it go to the peer. The handshake is over.
  void write(std::string_view plain);
  /// Has the end of our half go to the peer (close_notify). Nothing is written after it.
  void write_end() noexcept;

  /// "TLSv1.3"
  [[nodiscard]] std::string version() const;
  /// Of the key that the peer has shown by now; empty where there is none.
  [[nodiscard]] const std::string& peer_key() const;
  /// As it was given.
  [[nodiscard]] const std::string& label() const;
  /// What was agreed on (ALPN); empty where nothing was.
  [[nodiscard]] std::string protocol() const;
  /// The server has asked for a certificate of ours, there is none, and it has said nothing yet.
  [[nodiscard]] bool lacks_certificate() const noexcept;
  /// handshake_failed: what it is then, where the connection ends or is reset.
  [[noreturn]] void throw_lack_of_certificate() const;
  /// The handshake was a short one: both remembered the one before.
  [[nodiscard]] bool is_resumed() const noexcept;

 private:
  struct state;
  explicit tls_session(std::unique_ptr<state> made) noexcept;
  std::unique_ptr<state> state_;
};

}  // namespace ahoy::inline v0
