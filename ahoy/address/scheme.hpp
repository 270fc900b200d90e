#pragma once
#include <ahoy/address/family.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace ahoy::inline v0 {

/// What an endpoint begins with. `local` is written "unix", `ahoy_tcp` "ahoy+tcp", the others by their name.
enum class scheme {
  tcp,
  tls,
  udp,
  local,
  ahoy,
  ahoy_tcp,
  http,
  https,
  ftp,
  ftps,
  smtp,
  smtps,
  pop3,
  pop3s,
  imap,
  imaps,
  nntp,
  nntps,
  gopher,
  gophers,
  telnet,
};

/// What carries a scheme's bytes.
enum class transport { tcp, tls, udp, local };

/// The hand-out's port: where none is given.
inline constexpr std::uint16_t default_port = 23456;

struct scheme_traits {
  ahoy::scheme scheme;
  std::string_view text;
  ahoy::transport transport;  ///< tls where TLS comes first; ftp and others may still begin it later
  std::uint16_t port;         ///< where none is given; 0 where there are no ports
  bool is_url;                ///< whether a user, a path and a fragment may follow
};

[[nodiscard]] const scheme_traits& traits(scheme value) noexcept;

/// Reads "tcp", "UNIX", "ahoy+tcp". Throws ahoy::error (malformed) for one that is not known.
[[nodiscard]] scheme parse_scheme(std::string_view text);

[[nodiscard]] std::string to_string(scheme value);

}  // namespace ahoy::inline v0
