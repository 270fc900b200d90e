#pragma once
#include <ahoy/address/endpoint.hpp>
#include <ahoy/connection/security.hpp>

#include <memory>
#include <optional>
#include <vector>

namespace ahoy::inline v0 {

struct connect_options {
  // No aggregate, since coroutines take it by value. NOLINTNEXTLINE(modernize-use-equals-default)
  connect_options() noexcept {}
  duration timeout =
      std::chrono::seconds{10};  ///< for the whole of a name: look-up and every address; timed_out after it
  family wanted = family::unspecified;  ///< only addresses of this family
  /// What speaks TLS, where the endpoint says tls (make_tls_client()): within the timeout, too.
  std::shared_ptr<const security> tls;
  std::optional<address> source;  ///< bind to it first; its port may be 0
};

/// Connects to a stream endpoint (tcp, unix; with options.tls, tls; any other is protocol_not_supported).
/// Every address of the name is tried, the next one 250 ms after the last or as soon as that failed, families
/// in turn; the first that answers wins (RFC 8305). Throws error: the address in it is the first that was
/// tried, and the hint names the others.
task<std::unique_ptr<connection>> connect(engine& by, endpoint to, connect_options options = {});

}  // namespace ahoy::inline v0
