#pragma once
#include <string>
#include <string_view>

namespace ahoy::inline v0 {

// Names of mailboxes as IMAP carries them: modified UTF-7 (RFC 3501, section 5.1.3). No input or output here.

/// "Gr&APwA3w-e" for "Grüße". `name` is UTF-8.
[[nodiscard]] std::string to_modified_utf7(std::string_view name);

/// The name as UTF-8. What is no modified UTF-7 stays as it is: a server may have any name.
[[nodiscard]] std::string from_modified_utf7(std::string_view wire);

/// Throws error (malformed) for what is no name of a mailbox here: an empty one, one that is no UTF-8, or
/// that holds control bytes, which would end a command.
void check_mailbox_name(std::string_view name);

}  // namespace ahoy::inline v0
