#include <ahoy/error/error.hpp>
#include <ahoy/message/channel.hpp>

namespace ahoy::inline v0 {

channel::channel(connection& over, framing how, std::size_t max_message)
    : over_{over}, how_{over.keeps_boundaries() ? framing::datagram : how}, decoder_{how_, max_message} {}

task<std::optional<message>> channel::receive() { return receive_or_part(no_timeout); }

task<std::optional<message>> channel::receive_or_part(duration quiet) {
  for (;;) {
    std::optional<message> next = ended_ ? decoder_.finish() : decoder_.next();
    if (next || ended_) co_return next;
    const bool cut = quiet != no_timeout && decoder_.has_partial();
    const duration limit = cut ? quiet : over_.timeout();
    std::optional<bytes> received = co_await over_.receive_within(limit);
    if (!received && cut) co_return decoder_.take_partial();
    if (!received) throw error{std::make_error_code(std::errc::timed_out), "receive from", over_.label()};
    if (received->empty()) {
      ended_ = true;
    } else {
      decoder_.push(received->text());
    }
  }
}

task<> channel::send(std::string_view text) {
  const std::string framed = encode(how_, text);
  co_await over_.send(framed);
}

}  // namespace ahoy::inline v0
