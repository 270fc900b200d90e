#pragma once
#include <ahoy/connection/tls_options.hpp>

namespace ahoy::inline v0 {

/// Shakes hands as a server with a caller of our own, over TLS 1.3 and nothing else. OpenSSL looks for each
/// algorithm when it is first wanted, and where memory runs out in that it never finds it again: so it looks
/// before anybody calls, and a process that is forked for a caller has found them. Throws error and
/// std::bad_alloc.
void rehearse_as_server(const tls_options& how);

}  // namespace ahoy::inline v0
