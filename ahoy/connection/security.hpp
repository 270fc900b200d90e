#pragma once
#include <ahoy/address/host.hpp>
#include <ahoy/connection/connection.hpp>
#include <ahoy/error/error.hpp>

#include <memory>
#include <string>

namespace ahoy::inline v0 {

/// A connection that is kept from others, on top of another one.
class secure_connection : public connection {
 public:
  /// "TLSv1.3"; empty before the handshake is over.
  [[nodiscard]] virtual std::string version() const = 0;
  /// The fingerprint of the peer's key; empty where it showed none.
  [[nodiscard]] virtual std::string peer_key() const = 0;
  /// Whether the peer may go on with what it says after we have ended our half. Over TLS 1.2 it has to end,
  /// too, and to drop what it had to say (RFC 5246, section 7.2.1).
  [[nodiscard]] virtual bool has_halves() const = 0;
  /// By when the handshake has to be over, in the place of what was so far.
  virtual void agree_by(time_point due) noexcept = 0;
};

/// What makes connections secure: one side of TLS, with its keys, for any number of them. It stands apart
/// from TLS itself (tls.hpp), so that whoever wants none need not load OpenSSL. May be shared by threads.
class security {
 public:
  security() = default;
  security(const security&) = delete;
  security& operator=(const security&) = delete;
  virtual ~security() = default;

  /// On top of `below`, before a word was said. `server` is who has to answer, and `name` what errors call
  /// the peer; who answers is told neither. The handshake is the first that happens, at
  /// connection::handshake() or else at the first receive() or send(). Throws error.
  [[nodiscard]] virtual std::unique_ptr<secure_connection> over(std::unique_ptr<connection> below,
                                                                const host& server,
                                                                std::string name) const = 0;
  /// From over() to the end of the handshake; timed_out after it.
  [[nodiscard]] virtual duration handshake_timeout() const noexcept = 0;
  /// Why whoever looks at the date will not trust the certificate that it shows; empty where it is good
  /// today, and where it shows none.
  [[nodiscard]] virtual std::string why_out_of_date() const { return {}; }
};

/// not_trusted, with what would have to be trusted.
class trust_error : public error {
 public:
  trust_error(std::string peer, const std::string& why, std::string key)
      : error{make_error_code(errc::not_trusted), "trust", std::move(peer), why}, key_{std::move(key)} {}
  /// The fingerprint of the key that the peer showed.
  [[nodiscard]] const std::string& key() const noexcept { return key_; }

 private:
  std::string key_;
};

}  // namespace ahoy::inline v0
