#pragma once
#include <ahoy/error/error.hpp>

#include <cstddef>
#include <exception>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace ahoy::inline v0 {

/// How messages are cut from a stream of bytes.
enum class framing {
  line,      ///< ended by LF; CR LF is accepted
  raw,       ///< no borders: whatever arrives together is a message
  length,    ///< led by its length, 32 bits, big-endian
  nul,       ///< ended by NUL
  datagram,  ///< the transport keeps the borders: each push is one message, a zero-length one too
};

/// Reads `line`, `raw`, `length` or `nul`; anything else is errc::malformed. `datagram` is not among them: it
/// is what a datagram transport imposes, nobody's choice.
[[nodiscard]] framing parse_framing(std::string_view text);
[[nodiscard]] std::string_view to_string(framing kind) noexcept;

/// One message, without its delimiter or header. It owns its bytes.
struct message {
  message() = default;
  explicit message(std::string what, bool is_unfinished = false)
      : text(std::move(what)), unfinished(is_unfinished) {}
  friend bool operator==(const message&, const message&) = default;

  std::string text;
  bool unfinished = false;  ///< taken before its end was seen; what comes next is a new message
};

/// Cuts messages from bytes. After each push() call next() until it has nothing; at the end of the stream
/// call finish() until it has nothing. Used so, buffered() is at most the limit and one push,
/// capacity() a small multiple of that, and no memory is owned while no bytes wait. The work is linear in the
/// bytes however they arrive.
///
/// The limit counts a message's own bytes, without delimiter or header. A longer one throws errc::too_long
/// once all messages before it were handed out: a line as soon as it is too long, a counted message when its
/// header is seen, before anything is reserved for it. The borders are lost then: the decoder drops what it
/// holds, ignores what comes, and throws the same again. Only a datagram that is too long costs nothing but
/// itself. `raw` has no borders to lose: more than the limit is handed out in pieces.
///
/// Under `line` one CR before the LF belongs to the delimiter, wherever the chunks were cut; every other CR
/// is data.
class decoder {
 public:
  decoder(framing kind, std::size_t max_message) noexcept;

  /// Takes bytes as they arrived. They are copied.
  void push(std::string_view bytes);

  /// The next complete message, or nothing until more is pushed.
  [[nodiscard]] std::optional<message> next();

  /// As next(), for a stream that has ended: an unterminated last line (or nul message) is a message. A
  /// counted message that was cut short throws errc::cut_short.
  [[nodiscard]] std::optional<message> finish();

  /// Whether an unfinished line (or nul message) waits, all complete messages having been taken.
  [[nodiscard]] bool has_partial() const noexcept;

  /// Whether a message has begun whose end has not come, all complete ones having been taken: what
  /// take_partial() handed out is no end.
  [[nodiscard]] bool is_inside_message() const noexcept { return buffered() > 0 || partial_taken_; }

  /// That unfinished line, as it stands and so marked, for who cannot wait for its end. What comes next is a
  /// new message, except that a delimiter which comes at once only ends what was taken: it makes no empty
  /// message.
  [[nodiscard]] std::optional<message> take_partial();

  /// How many bytes wait to become messages, delimiters and headers included.
  [[nodiscard]] std::size_t buffered() const noexcept { return buffer_.size() - begin_; }

  /// How much memory is held for them, in bytes: what the one who bounds a connection has to count.
  [[nodiscard]] std::size_t capacity() const noexcept { return buffer_.capacity(); }

 private:
  friend struct framing_rule;
  std::optional<message> next_delimited();
  std::optional<message> next_counted();
  std::optional<message> next_raw();
  [[nodiscard]] std::size_t without_return(std::size_t length) const noexcept;
  [[nodiscard]] message cut(std::size_t header, std::size_t length, std::size_t trailer);
  void release() noexcept;
  void push_datagram(std::string_view bytes);
  [[noreturn]] void refuse(errc cause, const std::string& hint);
  [[noreturn]] void refuse_length(std::size_t length);

  std::string buffer_;
  std::size_t begin_ = 0;    // where the first message not yet handed out begins
  std::size_t scanned_ = 0;  // no delimiter from begin_ to here: a long line is never searched twice
  std::size_t max_message_;
  framing kind_;
  bool partial_taken_ = false;  // the last message handed out was unfinished, and its end has not come
  std::exception_ptr broken_;
};

/// What surrounds a message on the wire, so that a sender can pass header, text and trailer to one gathering
/// write without a copy.
struct frame {
  frame() = default;
  frame(std::string before, std::string after) : prefix(std::move(before)), suffix(std::move(after)) {}
  friend bool operator==(const frame&, const frame&) = default;

  std::string prefix, suffix;
};

/// The frame of `text`. A text that holds its delimiter is errc::malformed; one longer than a header can say
/// is errc::too_long.
///
/// Under `line` a text that ends in CR is sent as it is, so the wire carries CR LF: that is how one speaks to
/// who expects CR LF, and the one text which a line decoder does not give back byte for byte (it drops that
/// CR).
[[nodiscard]] frame frame_parts(framing kind, std::string_view text);

/// The bytes of `text` on the wire: prefix, text, suffix.
[[nodiscard]] std::string encode(framing kind, std::string_view text);

}  // namespace ahoy::inline v0
