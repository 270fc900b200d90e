#include <ahoy/error/error.hpp>
#include <ahoy/protocol/reply_channel.hpp>

#include <algorithm>

namespace ahoy::inline v0 {

reply_channel::reply_channel(std::unique_ptr<carrier> over, dialogue_observer observer)
    : over_{std::move(over)}, observer_{std::move(observer)} {}

void reply_channel::refuse(const std::string& why) const {
  throw error{make_error_code(errc::protocol_broken), "receive from", peer(), why};
}

task<> reply_channel::fill() {
  std::string piece = co_await over_->receive();
  if (piece.empty()) throw error{make_error_code(errc::cut_short), "receive from", peer()};
  arrived_.erase(0, begin_);
  begin_ = 0;
  if (arrived_.empty())
    arrived_ = std::move(piece);
  else
    arrived_ += piece;
}

std::string_view reply_channel::take(std::size_t size) noexcept {
  const std::string_view taken = std::string_view{arrived_}.substr(begin_, size);
  begin_ += taken.size();
  return taken;
}

task<std::string> reply_channel::receive_line() {
  std::size_t end = arrived_.find('\n', begin_);
  while (end == std::string::npos) {
    const std::size_t waiting = arrived_.size() - begin_;
    if (waiting > longest_line) refuse("a line of its reply has no end");
    co_await fill();
    end = arrived_.find('\n', waiting);
  }
  if (end - begin_ > longest_line) refuse("a line of its reply is too long");
  std::string_view line = take(end + 1 - begin_);
  if (observer_) filter_.each_line(line, said_by::server, observer_);
  line.remove_suffix(line.ends_with("\r\n") ? 2 : 1);
  co_return std::string{line};
}

task<std::string> reply_channel::receive_some(std::uint64_t left) {
  if (begin_ == arrived_.size()) co_await fill();
  const std::uint64_t waiting = arrived_.size() - begin_;
  co_return std::string{take(static_cast<std::size_t>(std::min(left, waiting)))};
}

task<std::string> reply_channel::receive_text() {
  std::string plain;
  while (plain.empty()) {
    if (begin_ == arrived_.size() && !text_.is_over()) co_await fill();
    begin_ += text_.take(std::string_view{arrived_}.substr(begin_), plain);
    if (!text_.is_over()) continue;
    if (plain.empty()) text_ = {};  // the next text begins anew
    break;
  }
  co_return plain;
}

task<> reply_channel::send_lines(std::string_view lines) {
  if (observer_) filter_.each_line(lines, said_by::us, observer_);
  co_await over_->send(lines);
}

task<> reply_channel::send_raw(std::string_view bytes) { co_await over_->send(bytes); }

void reply_channel::check_nothing_waits() const {
  if (begin_ != arrived_.size()) refuse("it said more than that TLS may begin");
}

}  // namespace ahoy::inline v0
