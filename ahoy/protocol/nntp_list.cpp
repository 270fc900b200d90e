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
  while (!lines_.has_next()) {
    if (lines_.kept().size() > reply_channel::longest_line) refuse(lines_.kept());
    const std::string piece = co_await text_.receive();
    if (piece.empty()) co_return false;
    lines_.add(piece);
  }
  co_return true;
}

std::optional<std::string_view> nntp_lines::next() {
  const std::size_t kept = lines_.kept().size();
  std::string_view line;
  if (!lines_.next(line)) return std::nullopt;
  // With its CR, as more() counts: how it is cut must not matter.
  if (kept - lines_.kept().size() > reply_channel::longest_line + 1) refuse(line);
  return line;
}

void nntp_lines::refuse(std::string_view line) const {
  throw error{make_error_code(errc::protocol_broken), "receive from", from_->peer(),
              "in its list is a line that is no entry: " + escape(line.substr(0, most_shown))};
}

}  // namespace ahoy::inline v0
