#pragma once
#include <string>

namespace ahoy::inline v0 {

/// A new key (ECDSA, P-256) and a certificate that it signed itself, for who is known by its key: both as
/// PEM, to be kept where nobody else reads it. The names are subjectAltNames, "DNS:localhost,IP:127.0.0.1".
/// It is good for 100 years: who trusts a key does not look at the date. Throws error.
[[nodiscard]] std::string make_identity(const std::string& names);

}  // namespace ahoy::inline v0
