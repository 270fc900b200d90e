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
  /// Throws error: malformed where the text contains its delimiter, and what connection::send throws.
  task<> send(std::string_view text);

  [[nodiscard]] framing how() const noexcept { return how_; }
  [[nodiscard]] connection& over() noexcept { return over_; }

 private:
  connection& over_;
  framing how_;
  decoder decoder_;
  bool ended_ = false;
};

}  // namespace ahoy::inline v0
