#pragma once
#include <ahoy/command/confirm.hpp>
#include <ahoy/command/end_rule.hpp>
#include <ahoy/command/input_source.hpp>
#include <ahoy/command/output_sink.hpp>
#include <ahoy/connection/connection.hpp>
#include <ahoy/error/error.hpp>
#include <ahoy/message/framing.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ahoy::inline v0 {

/// How messages are cut from what comes and goes. Raw: not at all.
struct borders {
  framing sent = framing::raw;
  framing heard = framing::raw;
  std::size_t max_message = 1024 * 1024;
  /// Raw input that is a file goes out by sendfile(2), whose kernel may forget that a reset came, and tell of
  /// a broken pipe: for who takes both alike.
  bool sends_files = false;
};

/// A conversation over one stream: the input goes out while what comes in goes to the output, and the end
/// rule says when it is over. What the peer does (a reset, say) ends it and is told by failure(); run()
/// throws only what is ours: input, output, time, a stop. All that it was made with must outlive it.
class stream_conversation {
 public:
  stream_conversation(connection& with, input_source& from, output_sink& to, borders how, end_rule rule)
      : with_{with}, from_{from}, to_{to}, how_{how}, rule_{rule}, witness_{with}, changed_{with.engine()} {}

  task<> run();

  /// Our input came to its end, and our kernel took all of it.
  [[nodiscard]] bool all_sent() const noexcept { return all_sent_; }
  /// How many bytes were to be sent so far.
  [[nodiscard]] std::uint64_t offered() const noexcept { return offered_; }
  [[nodiscard]] bool peer_ended() const noexcept { return peer_ended_; }
  /// Why the connection ended before its time; nothing where it did not.
  [[nodiscard]] const std::optional<error>& failure() const noexcept { return failure_; }
  /// Whether the peer had ended its side, or closed it, when the connection failed: then nothing was to be
  /// received any more, and what failed is our sending, whatever told of it.
  [[nodiscard]] bool peer_ended_first() const noexcept;
  /// The peer ended without close_notify (TLS), and nobody knows whether it had more to say.
  [[nodiscard]] bool was_cut_short() const noexcept;
  /// A message of the peer's was not whole when its stream ended.
  [[nodiscard]] bool ended_inside_message() const noexcept { return ended_inside_message_; }
  /// What is known by now of what was sent. Finds a failure that came late.
  [[nodiscard]] account ask();
  [[nodiscard]] std::string count();
  /// What it waits for at this moment, as the verb of an error.
  [[nodiscard]] std::string_view waits_for();

 private:
  task<> hear();
  task<> hear_bytes();
  [[nodiscard]] bool is_alert_of_tls(std::string_view heard) const noexcept;
  task<> hear_messages();
  void note_end() noexcept;
  [[nodiscard]] bool was_reset() const noexcept;
  void end_our_half();
  task<> end_reaches_kernel();
  task<> speak();
  task<> send_all();
  task<> send_file(int file);
  task<> hand_over(std::string_view framed);
  task<> listen_on();
  task<> settle_in_time();
  task<> settle();
  void stop_hearing() noexcept;
  void blame(const error& failure, const context& here);
  void fail(const error& why);
  [[nodiscard]] bool is_why_it_was_reset(const error& heard) const noexcept;
  [[nodiscard]] std::uint64_t total() const noexcept;

  connection& with_;
  input_source& from_;
  output_sink& to_;
  borders how_;
  end_rule rule_;
  witness witness_;
  event changed_;
  std::optional<error> failure_;
  std::uint64_t offered_ = 0;  // bytes for the wire, so far
  bool reading_input_ = false;
  bool all_sent_ = false;
  bool hearing_ = true;
  bool stopped_hearing_ = false;
  bool peer_ended_ = false;
  bool ended_inside_message_ = false;  // the framing's; not of TLS
  time_point over_by_ = no_deadline;   // by a DURATION after our end
};

}  // namespace ahoy::inline v0
