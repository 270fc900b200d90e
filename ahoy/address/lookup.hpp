#pragma once
#include <ahoy/address/address.hpp>
#include <ahoy/address/host.hpp>
#include <ahoy/address/port.hpp>

#include <vector>

namespace ahoy::inline v0 {

enum class lookup_use { connect, bind };

/// The addresses of a host, best first, as getaddrinfo orders them (RFC 6724); never empty. Blocks for as
/// long as the resolver takes, but returns at once for a numeric host, which never reaches it. Any thread.
///
/// `""` to bind is [::], which a socket without IPV6_V6ONLY serves for both families, and 0.0.0.0 where the
/// system has no IPv6 or `of` is inet; to connect it is this machine: [::1], then 127.0.0.1. Throws
/// ahoy::error, verb "look up": host_not_found, lookup_unanswered (the name servers were silent: try later),
/// address_family_not_supported (a host that has no address of that family), no_such_device (an unknown
/// zone).
[[nodiscard]] std::vector<address> lookup(const host& name, const port& service,
                                          family of = family::unspecified,
                                          socket_type type = socket_type::stream,
                                          lookup_use use = lookup_use::connect);

}  // namespace ahoy::inline v0
