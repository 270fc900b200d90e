#pragma once
#include <ahoy/connection/security.hpp>
#include <ahoy/connection/tls_options.hpp>

#include <memory>

namespace ahoy::inline v0 {

/// TLS 1.2 or 1.3 on top of any connection, on its engine. What is received and sent, and counted, is what is
/// said; timeouts are as below, and hold for the whole of a receive. The end of our half is close_notify, and
/// then the end below. An end of the peer's without close_notify is no end of the stream but cut_short.
/// Throws error (malformed): see tls_context.
[[nodiscard]] std::shared_ptr<const security> make_tls_client(const tls_options& how);
[[nodiscard]] std::shared_ptr<const security> make_tls_server(const tls_options& how);

}  // namespace ahoy::inline v0
