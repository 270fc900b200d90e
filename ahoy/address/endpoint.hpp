#pragma once
#include <ahoy/address/host.hpp>
#include <ahoy/address/port.hpp>
#include <ahoy/address/scheme.hpp>

#include <string>
#include <string_view>

namespace ahoy::inline v0 {

/// What a URL or the hand-out's two words name. Reading one asks nothing of the network.
///
/// Read are: `scheme://host:port`, `scheme://host`, `scheme://:port`; for internet protocols also
/// `scheme://user:password@host:port/path?query#fragment`; `tls://host:port#sha256=FINGERPRINT`;
/// `unix:///path`, `unix:/path`, `unix:path`, `unix:@abstract`; `host:port`, `host`, `:port`, `[v6]:port`,
/// `[v6]` and an IPv6 address without brackets where it has one reading only:
/// `::1` is a host, `::1:80` could be `[::1]:80` or `[::1:80]` and is refused. In a URL brackets are required
/// (RFC 3986), and a zone's % may be written %25 (RFC 6874). A port is digits or a service's name. Throws
/// ahoy::error (malformed, out_of_range, service_not_found) that names the part which is wrong.
struct endpoint {
  ahoy::scheme scheme = ahoy::scheme::tcp;
  std::string user;  ///< what stands before the '@', still percent-encoded; may hold a password
  ahoy::host host;
  ahoy::port port = default_port;
  std::string path;      ///< of unix the path as it is; else from '/' up to the '#', still percent-encoded
  std::string fragment;  ///< what follows the '#', still percent-encoded; of tls "sha256=" and 64 digits

  endpoint() = default;
  /// A number alone is refused: it might be meant as a port. "A host and a port" is the overload's.
  [[nodiscard]] static endpoint parse(std::string_view text);
  /// The hand-out's two words, TCP: the second is always the port, so an IPv6 address needs no brackets.
  [[nodiscard]] static endpoint parse(std::string_view host, std::string_view port);
  /// As parse, but a number alone is a port: "23456" is tcp://:23456.
  [[nodiscard]] static endpoint parse_for_listen(std::string_view text);

  [[nodiscard]] ahoy::transport transport() const noexcept { return traits(scheme).transport; }
  /// datagram for udp, else stream.
  [[nodiscard]] socket_type type() const noexcept;

  /// Reads back to an equal endpoint: "tcp://[::1]:23456", "unix:///run/x", "http://example.org/a?b". A URL's
  /// usual port is left out. Not for a log where `user` may hold a password.
  [[nodiscard]] std::string to_string() const;

  friend bool operator==(const endpoint&, const endpoint&) = default;
};

}  // namespace ahoy::inline v0
