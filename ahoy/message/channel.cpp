#include <ahoy/error/error.hpp>
#include <ahoy/message/channel.hpp>

#include <algorithm>

namespace ahoy::inline v0 {

channel::channel(connection& over, framing how, std::size_t max_message)
    : over_{over}, how_{over.keeps_boundaries() ? framing::datagram : how}, decoder_{how_, max_message} {}

task<std::optional<message>> channel::receive() { return receive_or_part(no_timeout); }

task<std::optional<message>> channel::receive_or_part(duration quiet) {
  for (;;) {
    std::optional<message> next = ended_ ? decoder_.finish() : decoder_.next();
    if (next) whole_by_ = no_deadline;
    if (next || ended_) co_return next;
    watch_for_late_message();
    const bool cut = quiet != no_timeout && decoder_.has_partial();
    const duration limit = cut ? quiet : over_.timeout();
    const duration left = until_late();
    std::optional<bytes> received = co_await over_.receive_within(std::min(limit, left));
    if (!received && left < limit) continue;
    if (!received && cut) co_return decoder_.take_partial();
    if (!received)
      throw error{std::make_error_code(std::errc::timed_out), "receive from", over_.label(),
                  "it said nothing for too long"};  // as connection::receive() does
    if (received->empty()) {
      ended_ = true;
    } else {
      decoder_.push(received->text());
    }
  }
}

/// Throws where the message that has begun is not whole in time.
void channel::watch_for_late_message() {
  if (message_timeout_ == no_timeout) return;
  if (!decoder_.is_inside_message())
    whole_by_ = no_deadline;
  else if (whole_by_ == no_deadline)
    whole_by_ = deadline_after(over_.engine().now(), message_timeout_);
  else if (over_.engine().now() >= whole_by_)
    throw error{std::make_error_code(std::errc::timed_out), "receive from", over_.label(),
                "a message took too long to be whole"};
}

duration channel::until_late() const noexcept {
  return whole_by_ == no_deadline ? no_timeout : std::max(whole_by_ - over_.engine().now(), duration::zero());
}

task<> channel::send(std::string_view text) {
  const std::string framed = encode(how_, text);
  co_await over_.send(framed);
}

}  // namespace ahoy::inline v0
