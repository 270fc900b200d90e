#include <ahoy/command/notice.hpp>
#include <ahoy/command/stream_conversation.hpp>
#include <ahoy/connection/farewell.hpp>
#include <ahoy/error/error.hpp>
#include <ahoy/message/channel.hpp>
#include <ahoy/task/scope.hpp>

#include <fmt/format.h>
#include <sys/socket.h>

namespace ahoy::inline v0 {

namespace {

/// A stream that pauses for so long is shown as far as it came, as an unfinished line is.
constexpr duration quiet = std::chrono::milliseconds{300};

/// How much of a file goes out before what came in has its turn.
constexpr std::size_t turn = 1024 * 1024;

/// The peer's end is here, and nothing before it that is unread.
bool has_ended(descriptor* with) noexcept {
  char next = 0;
  return with && ::recv(with->number(), &next, 1, MSG_DONTWAIT | MSG_PEEK) == 0;
}

}  // namespace

task<> stream_conversation::run() {
  context& here = co_await this_context();
  scope both{here};
  both.start_all(hear(), speak());
  co_await both.join();
  const bool to_the_end = rule_.until == listen_until::peer_ends || rule_.until == listen_until::limit;
  if ((peer_ended_ || was_cut_short()) && to_the_end) co_await settle_in_time();
  descriptor* const below = with_.wire().native();
  if (stopped_hearing_ && below) discard_received(*below);
}

task<> stream_conversation::hear() {
  if (how_.heard == framing::raw)
    co_await hear_bytes();
  else
    co_await hear_messages();
  co_await to_.pause();
  hearing_ = false;
  const bool input_goes_on = rule_.sends_all || rule_.keeps_open;
  if (failure_ || !input_goes_on) from_.finish();
  changed_.notify();
}

/// A whole alert, and nothing before it (RFC 8446, section 6): what we said was no TLS.
bool stream_conversation::is_alert_of_tls(std::string_view heard) const noexcept {
  constexpr std::size_t size_of_alert = 7;
  const bool is_first = with_.bytes_received() == heard.size() && heard.size() == size_of_alert;
  return is_first && heard.starts_with("\x15\x03") && with_.transport() == "tcp";
}

task<> stream_conversation::hear_bytes() {
  context& here = co_await this_context();
  for (;;) {
    const duration limit = to_.holds() ? quiet : no_timeout;
    std::optional<bytes> received;
    try {
      received = co_await with_.receive_within(limit);
    } catch (const error& failure) {
      blame(failure, here);
      co_return;
    }
    if (!received) {
      co_await to_.pause();
    } else if (received->empty()) {
      note_end();
      co_return;
    } else if (is_alert_of_tls(received->text())) {
      fail({make_error_code(errc::handshake_failed), "receive from", with_.label(),
            "it speaks TLS, and has not understood"});
      co_return;
    } else {
      co_await to_.take(received->text(), piece::part);
    }
  }
}

task<> stream_conversation::hear_messages() {
  context& here = co_await this_context();
  channel messages{with_, how_.heard, how_.max_message};
  for (;;) {
    std::optional<message> received;
    try {
      received = co_await messages.receive();
    } catch (const error& failure) {
      ended_inside_message_ = messages.has_ended();
      blame(failure, here);
      co_return;
    }
    if (!received) break;
    co_await to_.take(received->text, piece::message);
  }
  note_end();
}

void stream_conversation::note_end() noexcept { peer_ended_ = !stopped_hearing_ && !was_reset(); }

/// After a reset that a send was told of, recv(2) returns 0 as at an end, of which the peer has sent none.
bool stream_conversation::was_reset() const noexcept {
  return failure_ && failure_->code() == std::errc::connection_reset;
}

task<> stream_conversation::speak() {
  co_await send_all();
  while ((rule_.keeps_open || rule_.ends_last) && hearing_ && !failure_) co_await changed_.wait();
  end_our_half();
  co_await end_reaches_kernel();
  if (failure_ && !was_cut_short()) co_return;  // hear() still takes what has come
  witness_.ended();
  co_await listen_on();
}

/// What is not whole must not look so to the peer. One that has cut TLS short may be somebody on the way, who
/// lets the peer hear us still: it is told no close_notify. One that hears no end of ours may have none
/// itself: what it has said by now is all that is taken.
void stream_conversation::end_our_half() {
  if (all_sent_) return with_.shutdown_send();
  if (was_cut_short()) return with_.wire().shutdown_send();
  with_.abort_on_close();
  stop_hearing();
}

/// Over TLS our end is words, for which there may be no room at once.
task<> stream_conversation::end_reaches_kernel() {
  if (&with_.wire() == &with_ || !all_sent_) co_return;
  context& here = co_await this_context();
  try {
    co_await with_.until_sent();
  } catch (const error& failure) {
    blame(failure, here);
  }
}

/// Up to its end; what it has not sent by then is read and sent.
task<> stream_conversation::send_file(int file) {
  context& here = co_await this_context();
  try {
    for (;;) {
      const std::size_t taken = co_await with_.send_file(file, turn);
      if (taken == 0) co_return;
      offered_ += taken;
    }
  } catch (const error& failure) {
    blame(failure, here);
  }
}

task<> stream_conversation::send_all() {
  const bool may_send_file = how_.sends_files && how_.sent == framing::raw;
  const std::optional<int> file = may_send_file ? from_.file() : std::nullopt;
  if (file) co_await send_file(*file);
  while (!failure_) {
    reading_input_ = true;
    const std::optional<std::string> text = co_await from_.next();
    reading_input_ = false;
    if (!text && !failure_) all_sent_ = true;
    if (!text || failure_) co_return;
    const std::string framed = encode(how_.sent, *text);
    offered_ += framed.size();
    co_await hand_over(framed);
  }
}

task<> stream_conversation::hand_over(std::string_view framed) {
  context& here = co_await this_context();
  try {
    co_await with_.send(framed);
  } catch (const error& failure) {
    blame(failure, here);
  }
}

task<> stream_conversation::listen_on() {
  if (rule_.until == listen_until::peer_ends) co_return;
  if (rule_.until == listen_until::settled) co_await settle();
  if (rule_.until == listen_until::limit) over_by_ = deadline_after(with_.engine().now(), rule_.limit);
  while (rule_.until == listen_until::limit && hearing_ && with_.engine().now() < over_by_)
    co_await changed_.wait(over_by_ - with_.engine().now());
  stop_hearing();
}

/// Where the time after our end is limited, the acknowledgement has no more of it than the peer's end.
task<> stream_conversation::settle_in_time() {
  try {
    co_await with_deadline(over_by_, settle());
  } catch (const error& late) {
    if (late.code() != std::errc::timed_out || with_.engine().now() < over_by_) throw;
  }
}

task<> stream_conversation::settle() {
  co_await witness_.settle();
  static_cast<void>(ask());
}

void stream_conversation::stop_hearing() noexcept {
  if (!hearing_ || has_ended(with_.wire().native()))
    return;  // an end that has come is still the peer's, and counts
  stopped_hearing_ = true;
  with_.shutdown_receive();
}

/// Who refuses us says so, then closes (RFC 8446, section 6.2). A send may hear of the end of that before its
/// beginning is read.
bool stream_conversation::is_why_it_was_reset(const error& heard) const noexcept {
  const bool may_have_reason = was_reset() || failure_->code() == std::errc::broken_pipe;
  return may_have_reason && heard.code() == errc::handshake_failed;
}

/// In a handler: what is the connection's is noted, what is ours (our time is over, we are stopped) goes on.
void stream_conversation::blame(const error& failure, const context& here) {
  const bool time_is_over = here.deadline() <= with_.engine().now();
  if (failure.code() == std::errc::operation_canceled) throw;
  if (failure.code() == std::errc::timed_out && time_is_over) throw;
  fail(failure);
}

void stream_conversation::fail(const error& why) {
  if (failure_ && !is_why_it_was_reset(why)) return;
  failure_.emplace(why);
  if (was_reset()) peer_ended_ = false;
  // One that ends without saying so has taken, or not taken, what was sent all the same.
  if (!was_cut_short()) witness_.failed(why.code());
}

bool stream_conversation::was_cut_short() const noexcept {
  return failure_ && failure_->code() == errc::cut_short && &with_.wire() != &with_ && !ended_inside_message_;
}

account stream_conversation::ask() {
  account known = witness_.ask();
  if (known.failure && !failure_) failure_.emplace(known.failure, "receive from", with_.label());
  return known;
}

/// EPIPE says that the peer had ended its half before (tcp_reset in tcp_input.c). A Unix socket has no
/// resets: it fails with ECONNRESET when the peer closes and leaves something unread (unix(7)).
bool stream_conversation::peer_ended_first() const noexcept {
  if (!failure_) return peer_ended_;
  const std::error_code why = failure_->code();
  const bool closed = with_.transport() == "unix" && why == std::errc::connection_reset;
  return peer_ended_ || closed || why == std::errc::broken_pipe;
}

std::string stream_conversation::count() {
  const bool total_is_known = from_.total().has_value() || (all_sent_ && from_.at_end());
  return count_in_words(ask(), total(), total_is_known);
}

std::uint64_t stream_conversation::total() const noexcept {
  return how_.sent == framing::raw && from_.total() ? *from_.total() : offered_;
}

std::string_view stream_conversation::waits_for() {
  if (!all_sent_) return reading_input_ ? "wait for input to send to" : "send to";
  return ask().settled ? "wait for the end of" : "wait for the acknowledgement of";
}

}  // namespace ahoy::inline v0
