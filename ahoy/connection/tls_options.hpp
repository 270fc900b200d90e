#pragma once
#include <ahoy/task/context.hpp>

#include <cstddef>
#include <string>
#include <vector>

namespace ahoy::inline v0 {

/// Whom we believe over TLS, and what we show of ourselves. Files are PEM. The peer's certificate and, of one
/// that we call, its name are verified, unless `insecure`. A key is known by its fingerprint: the SHA-256 of
/// its public part (SubjectPublicKeyInfo), 64 hexadecimal digits.
struct tls_options {
  static constexpr std::size_t shortest_token = 16, longest_token = 4096;

  // No aggregate, since coroutines take it by value. NOLINTNEXTLINE(modernize-use-equals-default)
  tls_options() noexcept {}
  std::string authorities;  ///< certificates to believe; empty: the system's
  std::string certificate;  ///< ours; empty: none
  std::string key;          ///< its private key; empty: it is in the same file
  std::string identity;     ///< in the place of both: the text of such a file
  bool insecure = false;    ///< believes anybody

  /// Fingerprints: whoever has one of these keys is believed, whatever its certificate says, and nobody else.
  /// Empty: certificates count.
  std::vector<std::string> trusted_keys;
  /// Of who answers: a caller has to show a certificate.
  bool requires_certificate = false;
  /// What is spoken over TLS, the best first, as ALPN (RFC 7301) names it; empty: it is not said.
  std::vector<std::string> protocols;
  /// What both ends have, and prove to each other before a word is said: a secret that nobody can guess, of
  /// 16 to 4096 bytes. Over TLS 1.3 alone. Who answers lets nobody else in; who calls verifies the other end
  /// all the same. Empty: none.
  std::string token;
  /// From the beginning to the end of the handshake; timed_out after it.
  duration handshake_timeout = no_timeout;
};

}  // namespace ahoy::inline v0
