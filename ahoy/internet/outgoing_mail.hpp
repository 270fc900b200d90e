#pragma once
#include <ahoy/internet/upload_job.hpp>
#include <ahoy/protocol/smtp.hpp>

#include <memory>
#include <optional>
#include <string>

namespace ahoy::inline v0 {

/// A mail to be handed over: whom it is for, and its text, piece by piece.
class outgoing_mail {
 public:
  outgoing_mail() = default;
  outgoing_mail(const outgoing_mail&) = delete;
  outgoing_mail& operator=(const outgoing_mail&) = delete;
  virtual ~outgoing_mail() = default;

  /// Reads what must be known before it goes. Throws error, of options and input.
  virtual task<smtp_envelope> prepare() = 0;
  /// The next piece; nothing at its end.
  virtual task<std::optional<std::string>> next() = 0;
};

/// Made of --from, --to, --subject and the like, MESSAGEs or standard input, and --attach.
[[nodiscard]] std::unique_ptr<outgoing_mail> composed_mail(upload_job& job);
/// Standard input is all of it, headers and all. Who gets it stands in those, but for --to and the like; Bcc
/// is taken out.
[[nodiscard]] std::unique_ptr<outgoing_mail> whole_mail(upload_job& job);

}  // namespace ahoy::inline v0
