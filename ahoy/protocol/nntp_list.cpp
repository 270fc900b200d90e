#include <ahoy/error/error.hpp>
#include <ahoy/error/escape.hpp>
#include <ahoy/protocol/nntp_list.hpp>
#include <ahoy/protocol/reply_channel.hpp>

namespace ahoy::inline v0 {

namespace {

/// Of a line that an error shows.
constexpr std::size_t most_shown = 100;

}  // namespace

task<std::string> nntp_text::receive() {
  if (!from_) co_return std::string{};
  std::string piece = co_await from_->receive_text();
  if (piece.size() > left_)
    throw error{make_error_code(errc::too_long), "fetch from", from_->peer(),
                "it is more than " + std::to_string(limit_) + " bytes"};
  left_ -= piece.size();
  if (piece.empty()) from_ = nullptr;
  co_return piece;
}

task<bool> nntp_lines::more() {
  while (come_.find('\n', begin_) == std::string::npos) {
    if (come_.size() - begin_ > reply_channel::longest_line) refuse(std::string_view{come_}.substr(begin_));
    const std::string piece = co_await text_.receive();
    if (piece.empty()) co_return false;
    come_.erase(0, begin_);
    begin_ = 0;
    come_ += piece;
  }
  co_return true;
}

std::optional<std::string_view> nntp_lines::next() {
  const auto end = come_.find('\n', begin_);
  if (end == std::string::npos) return std::nullopt;
  std::string_view line = std::string_view{come_}.substr(begin_, end - begin_);
  if (line.size() > reply_channel::longest_line) refuse(line);
  begin_ = end + 1;
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

void nntp_lines::refuse(std::string_view line) const {
  throw error{make_error_code(errc::protocol_broken), "receive from", from_->peer(),
              "in its list is a line that is no entry: " + escape(line.substr(0, most_shown))};
}

}  // namespace ahoy::inline v0
