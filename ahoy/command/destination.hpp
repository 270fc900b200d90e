#pragma once
#include <ahoy/command/datagram_route.hpp>
#include <ahoy/command/options.hpp>
#include <ahoy/command/tls_choice.hpp>
#include <ahoy/connection/connection.hpp>
#include <ahoy/engine/engine.hpp>

#include <memory>
#include <optional>
#include <string>

namespace ahoy::inline v0 {

/// Connects as the options of `call` and `send` say (--connect-timeout, --source, -4, -6); `to` is tcp, tls
/// or unix. Throws error.
task<std::unique_ptr<connection>> open_stream(engine& by, const endpoint& to, const common_options& how);

/// The same by tls, for who calls often: nothing is remembered of it.
task<std::unique_ptr<connection>> open_secure_stream(engine& by, const endpoint& to,
                                                     const common_options& how, const tls_choice& believed);

/// For datagrams to one peer, group or broadcast address. Throws error.
task<datagram_route> open_datagrams(engine& by, const endpoint& to, const common_options& how);

/// What --source names: a host, a host and a port, or a port alone. The port is 0, the kernel's choice, where
/// none is given, and the host the wildcard, of both families where the system has both.
task<std::optional<address>> source_address(engine& by, const endpoint& to, const common_options& how);

}  // namespace ahoy::inline v0
