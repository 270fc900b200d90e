#pragma once
#include <ahoy/protocol/reply_channel.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ahoy::inline v0 {

/// Who a mail is from, and who gets it (RFC 5321, section 2.3.1).
struct smtp_envelope {
  std::string from;                   ///< "alice@example.org"; empty: who answers to nobody, as reports do
  std::vector<std::string> to;        ///< at least one
  std::optional<std::uint64_t> size;  ///< of the text, in bytes, where it is known or estimated
};

/// One who does not get it.
struct smtp_refusal {
  smtp_refusal(std::string who, std::string why) : recipient(std::move(who)), reply(std::move(why)) {}
  std::string recipient;
  std::string reply;  ///< "550 unknown user", in the server's own words
};

struct smtp_reply {
  smtp_reply() = default;
  [[nodiscard]] bool is_positive() const noexcept { return code >= 200 && code < 300; }
  int code = 0;
  std::string text;  ///< "250 OK id=…": lines are joined with spaces
};

/// Hands over mail (RFC 5321), with PIPELINING (RFC 2920), SIZE (1870), 8BITMIME (6152) and SMTPUTF8 (6531)
/// where the server has them. One task at a time. A mail is begin(), send() as often as needed, finish().
class smtp_client {
 public:
  /// `over` is logged in. `extensions`: what the server said to EHLO, "SIZE 1000".
  smtp_client(std::unique_ptr<carrier> over, std::vector<std::string> extensions, dialogue_observer observer);

  /// Who is refused; the others will get it. Where all are, there is no mail to send: another may begin.
  /// Throws error: malformed; refused, where the server wants none; protocol_broken, cut_short.
  task<std::vector<smtp_refusal>> begin(const smtp_envelope& envelope);
  /// Some of the text. Lines end in CR LF or LF; dots are seen to. Throws error: refused where the server has
  /// ended it in words.
  task<> send(std::string_view text);
  /// The server's last word. Throws error: refused; and where that word was not heard, what kept it: then it
  /// is not known whether the mail was taken, and is_in_doubt() is true.
  task<smtp_reply> finish();
  [[nodiscard]] bool is_in_doubt() const noexcept { return is_in_doubt_; }
  /// Says goodbye, and hears the answer, on which nothing hangs (see leave()).
  task<> quit();

 private:
  [[nodiscard]] std::string mail_command(const smtp_envelope& envelope) const;
  [[nodiscard]] bool has(std::string_view extension) const;
  void check(const smtp_envelope& envelope) const;
  [[noreturn]] void refuse(std::string_view verb, const smtp_reply& reply) const;
  task<smtp_reply> receive_reply();
  task<smtp_reply> ask(std::string command);
  task<std::vector<smtp_refusal>> begin_pipelined(const smtp_envelope& envelope);
  task<std::vector<smtp_refusal>> begin_by_steps(const smtp_envelope& envelope);
  task<> give_up_data();
  task<> hand_over(std::string_view wire);
  task<> explain(std::exception_ptr why);

  reply_channel channel_;
  std::vector<std::string> extensions_;
  dot_encoder dots_;
  bool is_in_doubt_ = false;
};

}  // namespace ahoy::inline v0
