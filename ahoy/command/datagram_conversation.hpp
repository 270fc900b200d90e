#pragma once
#include <ahoy/command/datagram_route.hpp>
#include <ahoy/command/input_source.hpp>
#include <ahoy/command/output_sink.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ahoy::inline v0 {

/// A conversation in datagrams with one peer, a group, or whoever hears a broadcast: each text of the input
/// is one, each that comes is shown. They have no end: after the input's it listens for a limited time.
///
/// A name may have an address where nobody is, as localhost has ::1 where a server has 127.0.0.1 alone. ICMP
/// says so of the datagram that was refused, and does not say of which. So while one alone was sent, and
/// nothing heard, it is the one that nobody has received: it is sent again, to the next address. Once there
/// were two, the first may have been heard, and no word is to be said twice.
class datagram_conversation {
 public:
  struct limits {
    duration after_input = std::chrono::seconds{1};
    bool first_answer_ends = false;  ///< once the input has ended
  };
  /// All must outlive it. `peer` is what errors call it.
  datagram_conversation(engine& by, datagram_route& over, std::string peer, input_source& from,
                        output_sink& to, limits until)
      : over_{over}, peer_{std::move(peer)}, from_{from}, to_{to}, until_{until}, over_now_{by} {}

  /// Throws what is ours, and error where the peer's system, or one on the way, says that nobody is there
  /// (ICMP).
  task<> run();

  [[nodiscard]] std::uint64_t sent() const noexcept { return sent_; }
  [[nodiscard]] std::uint64_t count() const noexcept { return count_; }
  [[nodiscard]] bool all_sent() const noexcept { return all_sent_; }
  [[nodiscard]] std::string_view waits_for() const noexcept;

 private:
  task<> hear();
  task<std::optional<datagram>> next();
  task<datagram> receive();
  task<> speak();
  task<> send_all();
  task<> hand_over(std::string_view text);
  void say_that_it_listens() const;
  [[nodiscard]] bool moves_on(const error& why);
  [[nodiscard]] error about_peer(const std::error_code& why, std::string verb) const;
  void check_for_refusal();

  datagram_route& over_;
  std::string peer_;
  input_source& from_;
  output_sink& to_;
  limits until_;
  event over_now_;
  context* hearing_ = nullptr;
  std::string first_;  // while it may have to be sent again
  std::uint64_t sent_ = 0, count_ = 0;
  bool anything_heard_ = false;
  bool sending_ = false;
  bool all_sent_ = false;
  bool deaf_ = false;     // hear() is over
  bool stopped_ = false;  // and should be
};

}  // namespace ahoy::inline v0
