#pragma once
#include <ahoy/connection/connection.hpp>
#include <ahoy/message/framing.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace ahoy::inline v0 {

/// Messages over a connection: cut from its stream by a framing, or its datagrams. One receive and one send
/// at a time; the connection must outlive the channel.
class channel {
 public:
  static constexpr std::size_t default_max_message = 1024 * 1024;

  channel(connection& over, framing how, std::size_t max_message = default_max_message);

  /// The next message; nullopt at the end of the stream. Throws error: too_long, cut_short (the stream ended
  /// inside a message that says its length), and what connection::receive throws.
  task<std::optional<message>> receive();
  /// As receive(), but what has come of a message is handed out, marked unfinished, when nothing follows it
  /// for `quiet`: many programs end no line before they wait for an answer.
  task<std::optional<message>> receive_or_part(duration quiet);
  /// The longest from a message's first byte to its end, however steadily it comes, and whatever parts of it
  /// are handed out; receive() throws timed_out then. A connection's own timeout begins anew with every byte,
  /// so that who says one now and then stays for ever. Raw and datagrams have no message that is not whole.
  void set_message_timeout(duration limit) noexcept { message_timeout_ = limit; }
  /// Throws error: malformed where the text contains its delimiter, and what connection::send throws.
  task<> send(std::string_view text);

  /// The stream has come to its end, be it inside a message.
  [[nodiscard]] bool has_ended() const noexcept { return ended_; }
  [[nodiscard]] framing how() const noexcept { return how_; }
  [[nodiscard]] connection& over() noexcept { return over_; }

 private:
  void watch_for_late_message();
  [[nodiscard]] duration until_late() const noexcept;

  connection& over_;
  framing how_;
  decoder decoder_;
  duration message_timeout_ = no_timeout;
  time_point whole_by_ = no_deadline;  // the message of which a part has come
  bool ended_ = false;
};

}  // namespace ahoy::inline v0
