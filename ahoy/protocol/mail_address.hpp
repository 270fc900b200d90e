#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace ahoy::inline v0 {

/// Somebody who sends or gets mail (RFC 5322, section 3.4): "Alice <alice@example.org>".
struct mailbox {
  mailbox() = default;
  mailbox(std::string who, std::string where) : name(std::move(who)), address(std::move(where)) {}
  /// As a header holds it: quoted or encoded where it must be.
  [[nodiscard]] std::string to_header() const;
  friend bool operator==(const mailbox&, const mailbox&) = default;

  std::string name;     ///< UTF-8; may be empty
  std::string address;  ///< "alice@example.org"
};

/// The mailboxes of a field of a header, or of what a person wrote: comments are left out, those of a group
/// are taken. Throws error (malformed) for what is no address, or holds what would end a line or a command.
[[nodiscard]] std::vector<mailbox> parse_mailboxes(std::string_view text);
/// Exactly one.
[[nodiscard]] mailbox parse_mailbox(std::string_view text);

/// "a <a@b>, c@d", folded.
[[nodiscard]] std::string to_header(const std::vector<mailbox>& all);

}  // namespace ahoy::inline v0
