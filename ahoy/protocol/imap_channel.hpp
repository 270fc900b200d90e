#pragma once
#include <ahoy/protocol/imap_reply.hpp>
#include <ahoy/protocol/reply_channel.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace ahoy::inline v0 {

/// Commands and replies of IMAP over a carrier: tags, literals, and the bounds of both. One task at a time;
/// what its tasks throw is protocol_broken, cut_short, and what the carrier throws.
class imap_channel {
 public:
  /// What is kept of a message's content where it stands within a reply: a header's first lines. Other
  /// literals are no longer.
  static constexpr std::uint64_t longest_kept = std::uint64_t{64} * 1024;
  static constexpr std::size_t longest_reply = std::size_t{1024} * 1024;

  imap_channel(std::unique_ptr<carrier> over, dialogue_observer observer);

  /// A command without its tag and its end: "NOOP".
  task<> send_command(std::string_view command);
  /// The same for one that ends with a literal: what is to follow are so many bytes and the end. Unless it
  /// may go at once, the server must say first that it goes on.
  task<> begin_literal(std::string_view command, std::uint64_t size, bool at_once);
  /// What is no command: of a literal, for instance. It is not shown.
  task<> send_raw(std::string_view bytes) { return channel_.send_raw(bytes); }
  /// "DONE", or the end of a command after its literal.
  task<> send_line(std::string_view line);

  /// The next reply. Nothing, but only with `for_content`: in it the content of a message has begun, which
  /// receive_content() gives; the next call then reads what follows it, and gives the reply with empty
  /// content.
  task<std::optional<imap_reply>> receive(bool for_content = false);
  [[nodiscard]] std::uint64_t content_left() const noexcept { return content_left_; }
  /// The next piece of content, of which some is left.
  task<std::string> receive_content();

  /// Whether a reply is the last word on the command that was sent last. Throws error where it is that of
  /// another one.
  [[nodiscard]] bool ends_command(const imap_reply& reply) const;
  [[nodiscard]] const std::string& peer() const noexcept { return channel_.peer(); }
  [[noreturn]] void refuse(std::string_view why, std::string_view text = {}) const;

 private:
  task<> keep_literal(std::uint64_t size);
  [[nodiscard]] std::optional<imap_literal> literal_after(std::size_t line_size) const;
  void begin_command();

  reply_channel channel_;
  std::string begun_;  // what has come of the reply
  std::uint64_t content_left_ = 0;
  bool has_content_ = false;
  std::uint64_t commands_ = 0;
  std::string tag_;
};

}  // namespace ahoy::inline v0
