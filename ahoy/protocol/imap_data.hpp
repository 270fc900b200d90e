#pragma once
#include <ahoy/protocol/imap_reply.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ahoy::inline v0 {

// What the data of IMAP's replies mean. No input or output here; nothing where a reply is of another kind, or
// says what it may not.

/// A mailbox that LIST names (RFC 9051, section 7.3.1).
struct imap_mailbox {
  friend bool operator==(const imap_mailbox&, const imap_mailbox&) = default;
  std::string name;                     ///< UTF-8 where it is what RFC 3501 allows; else as the server has it
  std::string delimiter;                ///< between the levels of a hierarchy; empty: there are none
  std::vector<std::string> attributes;  ///< \Noselect, \HasChildren, \Sent and the like
};
/// `is_utf8`: names are UTF-8 already, and no modified UTF-7.
[[nodiscard]] std::optional<imap_mailbox> read_imap_mailbox(const imap_reply& reply, bool is_utf8);
/// So that what is below a mailbox follows it, and INBOX comes first.
void sort_by_hierarchy(std::vector<imap_mailbox>& all);

/// A mailbox that was opened (section 6.3.2).
struct imap_selection {
  std::uint32_t messages = 0;
  std::uint32_t uid_validity = 0;  ///< UIDs are the same only as long as this is; 0: not known
  std::uint32_t uid_next = 0;      ///< 0: not known
  bool is_read_only = false;
};
/// Takes one of the replies to SELECT; others are passed over.
void take_imap_selection(const imap_reply& reply, imap_selection& into);

/// What of each message imap_client::list() asks for.
inline constexpr std::string_view imap_entry_items =
    "(UID FLAGS INTERNALDATE RFC822.SIZE BODY.PEEK[HEADER.FIELDS (DATE FROM SUBJECT)])";

/// A message in a mailbox.
struct imap_entry {
  friend bool operator==(const imap_entry&, const imap_entry&) = default;
  std::uint32_t number = 0;  ///< from 1 on; changes when one before it is deleted
  std::uint32_t uid = 0;     ///< stays
  std::uint64_t size = 0;    ///< in bytes
  std::vector<std::string> flags;
  std::string received;             ///< when, as the server has it: "17-Jul-2026 02:44:25 -0700"
  std::string date, from, subject;  ///< of its header; words of other languages are decoded
};
[[nodiscard]] std::optional<imap_entry> read_imap_entry(const imap_reply& reply);

/// The UID that FETCH tells of a message.
[[nodiscard]] std::optional<std::uint32_t> read_imap_uid(const imap_reply& reply);
/// Its content, BODY[...], where that is no literal that was received apart; nothing where there is none: no
/// such part.
[[nodiscard]] std::optional<std::string> read_imap_content(const imap_reply& reply);

/// Appends the numbers of SEARCH. False where it is another reply, or they are none.
[[nodiscard]] bool take_imap_search(const imap_reply& reply, std::vector<std::uint32_t>& into);

/// What the server can do (section 6.1.1).
class imap_capabilities {
 public:
  /// Of a CAPABILITY reply, or a status with that code; others are passed over.
  void take(const imap_reply& reply);
  /// "UIDPLUS", in capitals.
  [[nodiscard]] bool has(std::string_view name) const;

 private:
  std::vector<std::string> names_;
};

/// "4:7,9" of numbers in ascending order: one set, of which no more goes than fits into a command, or
/// `most` of them; what goes is taken out of `numbers`.
[[nodiscard]] std::string take_imap_set(std::vector<std::uint32_t>& numbers, std::size_t most = SIZE_MAX);

/// "\"a\\\"b\"": of text without ends of lines and NULs.
[[nodiscard]] std::string imap_quoted(std::string_view text);

/// Whether it can go quoted: printable ASCII, and not endless.
[[nodiscard]] bool is_imap_quotable(std::string_view text) noexcept;

}  // namespace ahoy::inline v0
