#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ahoy::inline v0 {

// What a server of IMAP says (RFC 9051, section 7; RFC 3501), read without input or output.

/// What a reply is made of.
struct imap_value {
  enum class kind {
    nil,
    atom,    ///< also a number, a flag such as \Seen, and BODY[HEADER.FIELDS (DATE)]
    string,  ///< quoted, or a literal
    list,
  };
  imap_value() = default;
  imap_value(kind of, std::string bytes) : what(of), text(std::move(bytes)) {}
  /// An atom, whatever the case.
  [[nodiscard]] bool is_atom(std::string_view upper) const;
  /// An atom or a string.
  [[nodiscard]] bool is_text() const noexcept { return what == kind::atom || what == kind::string; }

  kind what = kind::nil;
  std::string text;               ///< of an atom or a string
  std::vector<imap_value> items;  ///< of a list
};

/// One reply, whole.
struct imap_reply {
  enum class kind {
    go_on,     ///< "+": the server waits for what follows
    untagged,  ///< "*"
    tagged,    ///< the last word on a command
  };
  kind what = kind::untagged;
  std::string tag;
  std::optional<std::uint32_t> number;  ///< of "* 5 EXISTS"
  std::string name;                     ///< in capitals: "OK", "NO", "FETCH"
  std::string code;                     ///< of a status, without its brackets: "UIDNEXT 5"
  std::string text;                     ///< of a status or a "+": words for a person
  std::vector<imap_value> values;       ///< of data

  /// OK, NO, BAD, BYE, PREAUTH.
  [[nodiscard]] bool is_status() const noexcept;
  /// Whether the code begins with this word, whatever the case.
  [[nodiscard]] bool has_code(std::string_view upper) const;
  /// The numbers behind the code's word; nothing where the code is another one, or they are none.
  [[nodiscard]] std::vector<std::uint32_t> numbers_of(std::string_view upper) const;
  /// As the server said it, without the tag: "NO [OVERQUOTA] full".
  [[nodiscard]] std::string said() const;
};

/// Lists in lists deeper than this are none that a server needs to send.
inline constexpr std::size_t deepest_imap_list = 64;
inline constexpr std::size_t most_imap_values = 100'000;

/// Reads a reply without the end of its last line; a literal stands in it as it came: {5}, CR LF, five bytes.
/// Nothing where it is no reply, or one beyond the bounds above.
[[nodiscard]] std::optional<imap_reply> parse_imap_reply(std::string_view bytes);

/// Of a line that a literal follows.
struct imap_literal {
  std::size_t begin = 0;   ///< where in the line "{5}" stands
  std::uint64_t size = 0;  ///< how many bytes follow the line
};
/// `reply` is what came of a reply until the end of a line, that end left out. Nothing where no literal
/// follows: words for a person may well end so.
[[nodiscard]] std::optional<imap_literal> find_imap_literal(std::string_view reply);

/// Whether a reply is FETCH's, and what comes next in it the content of a message: "* 5 FETCH (BODY[] ".
[[nodiscard]] bool awaits_imap_content(std::string_view begun);

/// Whether a name is that of a message's content: BODY[...], BINARY[...].
[[nodiscard]] bool is_imap_content(const imap_value& name);

/// A number of IMAP: digits alone, below 2^32.
[[nodiscard]] std::optional<std::uint32_t> read_imap_number(std::string_view digits) noexcept;

}  // namespace ahoy::inline v0
