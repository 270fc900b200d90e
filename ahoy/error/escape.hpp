#pragma once
#include <string>
#include <string_view>

namespace ahoy::inline v0 {

// What came from outside must not move a terminal's cursor, forge a line of a log or hide what it says. All
// of these turn control bytes and DEL into \x1b, code points that act without being seen (C1 controls,
// bidirectional marks, zero-width and other invisible ones, line separators, tags, noncharacters) into
// \u{202e}, and every byte that is not part of valid UTF-8 (overlong forms and surrogates are not, RFC 3629)
// into \xff. Printable UTF-8 stays as it is.

/// One label or line for a terminal or a log. Newline and tab are escaped too and a backslash is doubled, so
/// that the original can be read back and nothing can pretend to be an escape.
[[nodiscard]] std::string escape(std::string_view bytes);

/// As escape, but a backslash stays single: text that is escaped already does not change.
[[nodiscard]] std::string escape_controls(std::string_view bytes);

/// For the peer's own bytes on a terminal: newline, tab and backslash stay, and a carriage return right
/// before a newline. Of a stream that is read in pieces use terminal_text instead, since a piece may end
/// inside a character.
[[nodiscard]] std::string escape_for_terminal(std::string_view bytes);

/// escape_for_terminal over a stream: what a piece leaves unfinished is kept until the next one.
class terminal_text {
 public:
  /// What can be shown now.
  [[nodiscard]] std::string add(std::string_view piece);
  /// What was kept back; call it when the stream ends, or pauses.
  [[nodiscard]] std::string finish();

 private:
  std::string kept_;
};

/// Whether all of it is UTF-8 as RFC 3629 defines it.
[[nodiscard]] bool valid_utf8(std::string_view bytes) noexcept;

}  // namespace ahoy::inline v0
