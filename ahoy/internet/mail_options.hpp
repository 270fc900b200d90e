#pragma once
#include <ahoy/command/options.hpp>
#include <ahoy/protocol/mail_address.hpp>

#include <string>
#include <vector>

namespace ahoy::inline v0 {

/// The addresses of --to, --cc and --bcc: who gets a mail. Throws error (malformed).
[[nodiscard]] std::vector<std::string> recipients_of(const upload_options& given);
/// Of one such option, which may be repeated and may hold several. Throws error (malformed).
[[nodiscard]] std::vector<mailbox> mailboxes_of(const std::vector<std::string>& words);
[[nodiscard]] std::vector<std::string> addresses_of(const std::vector<mailbox>& mailboxes);

}  // namespace ahoy::inline v0
