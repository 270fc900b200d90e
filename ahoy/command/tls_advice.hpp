#pragma once
#include <ahoy/address/endpoint.hpp>
#include <ahoy/command/options.hpp>
#include <ahoy/error/error.hpp>

#include <string>

namespace ahoy::inline v0 {

/// `why`, which may be that TLS was not agreed on with `to`, or that it speaks TLS, with the next step: the
/// library, which does not know the options, and by what URL it was called, cannot say it.
[[nodiscard]] error with_next_step(const error& why, const endpoint& to, const tls_settings& how);

/// The fingerprint of the key that --cert shows; empty where it shows none, or cannot be read once more (it
/// may be a pipe).
[[nodiscard]] std::string own_key(const tls_settings& how);

}  // namespace ahoy::inline v0
