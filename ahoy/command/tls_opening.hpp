#pragma once
#include <ahoy/connection/security.hpp>
#include <ahoy/connection/tls_options.hpp>

#include <memory>
#include <string>

// What of this program differs where TLS is in it. OpenSSL takes longer to load than a message takes to be
// sent, so `ahoy` is without it (without_tls.cpp), and becomes `ahoy-tls` (with_tls.cpp), the same command,
// when an endpoint asks for it.
namespace ahoy::inline v0 {

[[nodiscard]] bool speaks_tls() noexcept;

/// make_tls_client(), make_tls_server(), make_identity(), key_fingerprint(); null and empty without TLS.
[[nodiscard]] std::shared_ptr<const security> security_of_client(const tls_options& how);
[[nodiscard]] std::shared_ptr<const security> security_of_server(const tls_options& how);
[[nodiscard]] std::string new_identity(const std::string& names);
[[nodiscard]] std::string fingerprint_of_key(const std::string& certificate_file);

}  // namespace ahoy::inline v0
