#pragma once
#include <ahoy/command/dump.hpp>
#include <ahoy/error/escape.hpp>

#include <string>
#include <string_view>

namespace ahoy::inline v0 {

/// What a piece of what was received is.
enum class piece {
  part,      ///< of a stream, wherever it was cut
  datagram,  ///< whole, as its sender made it
  message,   ///< cut from a stream by a framing, without its delimiter
};

/// How the peer's bytes are shown on standard output: unchanged, unless it is a terminal (escaped) or --hex
/// or
/// --timestamps ask for more. Bytes in, bytes out; no input or output here.
class presentation {
 public:
  /// `in_lines` is about datagrams: each ends its line.
  presentation(bool on_terminal, bool as_hex, bool with_timestamps, bool in_lines = false) noexcept
      : on_terminal_{on_terminal},
        as_hex_{as_hex},
        with_timestamps_{with_timestamps},
        in_lines_{in_lines || on_terminal || with_timestamps} {}

  /// What can be shown now. A message becomes a line; a datagram stays as it is, but in lines (as on a
  /// terminal, and with timestamps) it ends the line, so that the next begins one.
  [[nodiscard]] std::string add(std::string_view text, piece kind);
  /// What was kept back of a stream; call it when the stream pauses, and at its end.
  [[nodiscard]] std::string pause();
  /// Whether pause() may have something to show.
  [[nodiscard]] bool holds() const noexcept { return holds_; }

 private:
  [[nodiscard]] std::string shown(std::string_view text, piece kind);
  [[nodiscard]] std::string stamped(std::string text);

  bool on_terminal_, as_hex_, with_timestamps_, in_lines_;
  bool holds_ = false;
  bool begins_line_ = true;
  hex_dump dump_;
  terminal_text escaped_;
};

}  // namespace ahoy::inline v0
