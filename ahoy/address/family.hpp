#pragma once
#include <sys/socket.h>

#include <string>
#include <string_view>

namespace ahoy::inline v0 {

/// The hand-out's domain: what kind of network a socket speaks on. The values are the system's AF_ numbers.
/// A kernel that lacks one says so when a socket of it is created.
enum class family : int {
  unspecified = AF_UNSPEC,
  inet = AF_INET,
  inet6 = AF_INET6,
  local = AF_UNIX,  ///< not "unix": that is a macro in GNU mode
  x25 = AF_X25,
  vsock = AF_VSOCK,
};

enum class socket_type : int { stream = SOCK_STREAM, datagram = SOCK_DGRAM };

/// A protocol of a family and type, as /etc/protocols numbers them; 0 is the family's own for the type.
class protocol {
 public:
  constexpr protocol() noexcept = default;
  constexpr protocol(int number) noexcept : number_(number) {}
  /// A name or digits, in either case: "tcp", "IPPROTO_UDP", "17". Throws ahoy::error (malformed) for any
  /// other text.
  protocol(std::string_view text);
  protocol(const char* text) : protocol(std::string_view(text)) {}

  [[nodiscard]] constexpr int number() const noexcept { return number_; }
  friend constexpr bool operator==(const protocol&, const protocol&) = default;

 private:
  int number_ = 0;
};

/// Each reads its printed name and the hand-out's spellings, in either case: "inet", "AF_INET", "PF_INET";
/// "local", "unix", "AF_UNIX", "AF_LOCAL"; "stream", "SOCK_STREAM", "dgram". Throws ahoy::error (malformed)
/// for any other text.
[[nodiscard]] family parse_family(std::string_view text);
[[nodiscard]] socket_type parse_socket_type(std::string_view text);

/// "inet", "inet6", "local", …; "family 16" for one that has no name here.
[[nodiscard]] std::string to_string(family value);
/// "stream", "datagram".
[[nodiscard]] std::string to_string(socket_type value);
/// "tcp", "udp", …; "protocol 200" where the number has no name, "0" for 0.
[[nodiscard]] std::string to_string(protocol value);

}  // namespace ahoy::inline v0
