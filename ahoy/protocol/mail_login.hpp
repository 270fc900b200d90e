#pragma once
#include <ahoy/engine/engine.hpp>
#include <ahoy/protocol/carrier.hpp>
#include <ahoy/protocol/transfer_options.hpp>

#include <memory>
#include <string>
#include <vector>

namespace ahoy::inline v0 {

/// A connection to a server of mail that has let us in.
struct mail_login {
  mail_login() = default;
  std::unique_ptr<carrier> over;
  /// SMTP: what the server said to the last EHLO, an extension each. Of others empty: they are asked.
  std::vector<std::string> extensions;
};

/// Connects to "imap://localhost:143" (smtp, smtps, pop3, pop3s, imap, imaps), begins TLS where the scheme or
/// the options say so, and logs in by the best way that the server has. Throws error: what keeps it;
/// login_refused where POP3 or IMAP ask for a login and there is none. A server of SMTP that has no AUTH is
/// told nothing of who we are.
task<mail_login> log_in_to_mail(engine& by, std::string url, transfer_options how);

/// Reads the extensions out of what a server of SMTP has said, line by line.
class smtp_extensions_reader {
 public:
  void take(std::string_view line);
  [[nodiscard]] std::vector<std::string> extensions() &&;

 private:
  std::vector<std::string> lines_;  // of the reply that is read
};

}  // namespace ahoy::inline v0
