#pragma once
#include <ahoy/address/endpoint.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace ahoy::inline v0 {

// The keys of servers that the user has accepted, as ssh keeps them: known_hosts in the user's folder, a line
// each, `tls://HOST:PORT sha256=FINGERPRINT`. What does not begin with a server is left as it is.

struct known_host {
  std::string key;   ///< its fingerprint, 64 digits
  std::string file;  ///< where that stands
  std::size_t line = 0;
};

/// Of a text of that form. Throws error (malformed) where it names the server, and what follows cannot be
/// read.
[[nodiscard]] std::optional<known_host> find_known_host(std::string_view text, const endpoint& server);
/// The text with this server's key in the place of an older one.
[[nodiscard]] std::string with_known_host(std::string_view text, const endpoint& server,
                                          std::string_view key);

/// In the user's folder. Throws error where it is there and cannot be read.
[[nodiscard]] std::optional<known_host> known_host_of(const endpoint& server);
/// false: it was known already. Throws error.
bool remember_host(const endpoint& server, std::string_view key);

}  // namespace ahoy::inline v0
