#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ahoy::inline v0 {

/// What the path of a URL names on a server of IMAP (RFC 5092).
struct imap_url {
  // No aggregate, since coroutines take it by value. NOLINTNEXTLINE(modernize-use-equals-default)
  imap_url() noexcept {}
  std::string mailbox;  ///< UTF-8, its levels as the server has them; empty: all mailboxes
  std::optional<std::uint32_t> uid_validity;
  std::optional<std::uint32_t> uid;  ///< of a message; none: the mailbox
  std::string section;               ///< of the message: "1.2", "HEADER"; empty: all of it
  std::string search;                ///< what SEARCH is asked; empty: nothing
};

/// Reads "/", "/MAILBOX", "/MAILBOX?UNSEEN", "/MAILBOX;UIDVALIDITY=N/;UID=N/;SECTION=1.2": percent-encoded;
/// the slash before a semicolon need not be there. Throws error (malformed): no command can be made of what
/// it names.
[[nodiscard]] imap_url parse_imap_url(std::string_view path);

/// "INBOX/5" may be a mailbox, and may be the message with the UID 5 of INBOX, as other protocols' URLs have
/// it. That reading; nothing where there is none. Who asks the server first whether there is such a mailbox
/// knows.
[[nodiscard]] std::optional<imap_url> as_imap_message(const imap_url& mailbox);

/// Throws error (malformed) for what is no "1.2", "HEADER", "1.MIME", and might end the brackets in which it
/// goes.
void check_imap_section(std::string_view text);

/// Throws error (malformed) for what SEARCH cannot be asked: ends of lines, NULs, and what would begin a
/// literal.
void check_imap_search(std::string_view program);

}  // namespace ahoy::inline v0
