#pragma once
#include <ahoy/address/endpoint.hpp>

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ahoy::inline v0 {

// Words of the command line that name endpoints. Reading one asks nothing of the network. Each function
// throws ahoy::error: malformed and out_of_range as endpoint::parse does, with what was probably meant; and
// usage_errc::not_yet for a scheme that this version does not have.

/// What `call` and `send` begin with: one word, or the hand-out's two. Without a scheme or a colon in the
/// first word the second is always the port; so it is after an IPv6 address, which has colons and can be
/// nothing but a host. One that could have a port in it, as ::1:80, is malformed.
struct leading_endpoint {
  endpoint to;
  std::span<const std::string_view> rest;  ///< the words after it
};
[[nodiscard]] leading_endpoint take_endpoint(std::span<const std::string_view> words);

/// All the words of `call`: as take_endpoint, but ::1:80 is the address where another word follows, since
/// that can be nothing but its port. A further word is usage_errc::surplus.
[[nodiscard]] endpoint only_endpoint(std::span<const std::string_view> words, std::string_view hint);

/// The words of `listen`, each an endpoint, a number alone being a port. None is port 23456 of every address.
[[nodiscard]] std::vector<endpoint> listening_endpoints(std::span<const std::string_view> words);

/// Whether a word is a URL of one of the internet's protocols: "http://localhost/".
[[nodiscard]] bool is_internet_url(std::string_view word);

/// A URL as `fetch` has it, and `send` and `call` where is_internet_url holds. The user that it names is
/// taken out of it, so that it shows in no error.
struct internet_url {
  endpoint to;
  std::optional<std::string> user, password;  ///< decoded
};
/// A scheme that the verb does not have is usage_errc::contradictory.
[[nodiscard]] internet_url read_internet_url(std::string_view word, std::string_view verb,
                                             std::span<const scheme> schemes);

/// What --source says: a host, host:port, or a port alone, 5000 or :5000, whose host is any. A host alone has
/// the port 0, the system's choice.
struct source_words {
  ahoy::host host;
  ahoy::port port;
  [[nodiscard]] bool is_port_alone() const noexcept { return host.kind() == host_kind::any; }
};
/// Throws where `text` cannot be a local address.
[[nodiscard]] source_words read_source(std::string_view text);

}  // namespace ahoy::inline v0
