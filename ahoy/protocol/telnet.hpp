#pragma once
#include <ahoy/protocol/transfer_options.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace ahoy::inline v0 {

/// What we tell the server of our terminal (RFC 1091, 1073).
struct telnet_terminal {
  std::string type = "unknown";  ///< "xterm"
  std::uint16_t columns = 0;     ///< 0: not known
  std::uint16_t rows = 0;
};

/// A caller's side of Telnet (RFC 854, 855; the negotiation is libtelnet's, RFC 1143), without input or
/// output: bytes in, text and bytes out. Agreed to are: the terminal's type (24) and window size (31), no
/// go-aheads (3), the server's echo (1), and 8-bit text both ways (0); everything else is refused. In the
/// text, CR LF is an LF and CR NUL a CR (RFC 854), unless 8-bit text was agreed on.
class telnet_session {
 public:
  /// `observer` is told of each option that is negotiated. It must not throw: that ends the program.
  telnet_session(telnet_terminal ours, dialogue_observer observer);
  telnet_session(const telnet_session&) = delete;
  telnet_session& operator=(const telnet_session&) = delete;
  ~telnet_session();

  /// What the server has sent, as text. Throws error (protocol_broken), for more than 1 MiB of unsent
  /// answers, too.
  [[nodiscard]] std::string take(std::string_view bytes);
  /// Says text to the server: an LF goes as CR LF.
  void say(std::string_view text);
  /// The window has another size.
  void resize(std::uint16_t columns, std::uint16_t rows);
  /// What is to be sent by now, once.
  [[nodiscard]] std::string outgoing();
  /// The server shows what is typed, so that nobody else should: each key goes to it at once.
  [[nodiscard]] bool server_echoes() const noexcept;

 private:
  struct state;
  std::unique_ptr<state> state_;
};

}  // namespace ahoy::inline v0
