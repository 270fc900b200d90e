#pragma once
#include <ahoy/protocol/carrier.hpp>
#include <ahoy/protocol/dialogue.hpp>
#include <ahoy/protocol/dot_text.hpp>
#include <ahoy/task/task.hpp>

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace ahoy::inline v0 {

/// A dialogue of lines over a carrier, as SMTP, POP3, IMAP and NNTP have it: commands and replies end in CR
/// LF (a lone LF is accepted), and between them go literals of a known size, or text up to a line with a dot
/// alone. No line of a reply is longer than `longest_line`: one that is, is protocol_broken. One task at a
/// time.
class reply_channel {
 public:
  static constexpr std::size_t longest_line = std::size_t{64} * 1024;

  reply_channel(std::unique_ptr<carrier> over, dialogue_observer observer);

  /// A line without its end. Throws error: protocol_broken, cut_short at the end of the stream.
  task<std::string> receive_line();
  /// The next piece of a literal of which `left` bytes are to come: at least one of them, and at most all.
  task<std::string> receive_some(std::uint64_t left);
  /// The next piece of a text that ends with a line with a dot alone, without the dots that were put before
  /// others (RFC 3977, section 3.1.1); lines end as they came. Empty at its end, once; what is received then
  /// is the next reply.
  task<std::string> receive_text();

  /// A command, or several: the ends of lines are the caller's.
  task<> send_lines(std::string_view lines);
  /// What is no command, and is not shown.
  task<> send_raw(std::string_view bytes);

  [[nodiscard]] const std::string& peer() const noexcept { return over_->peer(); }
  /// Gives the carrier to something that goes on top of it, such as TLS, and takes what that makes of it.
  /// Throws error (protocol_broken) where the server has said more already: in the clear, what is to be
  /// secret (RFC 3207, section 6, tells why).
  template <class Make>
  void go_over(Make make) {
    check_nothing_waits();
    over_ = make(std::move(over_));
  }

 private:
  task<> fill();
  void check_nothing_waits() const;
  [[noreturn]] void refuse(const std::string& why) const;
  std::string_view take(std::size_t size) noexcept;

  std::unique_ptr<carrier> over_;
  dialogue_observer observer_;
  secrets_filter filter_;
  std::string arrived_;
  std::size_t begin_ = 0;  // of what nobody has taken
  dot_decoder text_;
};

}  // namespace ahoy::inline v0
