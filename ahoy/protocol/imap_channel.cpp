#include <ahoy/error/error.hpp>
#include <ahoy/error/escape.hpp>
#include <ahoy/protocol/imap_channel.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace ahoy::inline v0 {

namespace {

/// What a server may say that is content and is not kept: a giant header.
constexpr std::uint64_t longest_passed_over = std::uint64_t{16} * 1024 * 1024;

}  // namespace

imap_channel::imap_channel(std::unique_ptr<carrier> over, dialogue_observer observer)
    : channel_{std::move(over), std::move(observer)} {}

void imap_channel::refuse(std::string_view why, std::string_view text) const {
  const std::string quoted = text.empty() ? "" : ": " + escape(text.substr(0, 80));
  throw error{make_error_code(errc::protocol_broken), "receive from", peer(), std::string{why} + quoted};
}

void imap_channel::begin_command() { tag_ = fmt::format("a{}", ++commands_); }

task<> imap_channel::send_command(std::string_view command) {
  begin_command();
  const std::string line = fmt::format("{} {}\r\n", tag_, command);
  co_await channel_.send_lines(line);
}

task<> imap_channel::begin_literal(std::string_view command, std::uint64_t size, bool at_once) {
  begin_command();
  const std::string line = fmt::format("{} {} {{{}{}}}\r\n", tag_, command, size, at_once ? "+" : "");
  co_await channel_.send_lines(line);
}

task<> imap_channel::send_line(std::string_view line) {
  const std::string whole = fmt::format("{}\r\n", line);
  co_await channel_.send_lines(whole);
}

/// A literal's own bytes may look like the beginning of another one: only the line that came last may end so.
std::optional<imap_literal> imap_channel::literal_after(std::size_t line_size) const {
  const auto literal = find_imap_literal(begun_);
  return literal && literal->begin + line_size >= begun_.size() ? literal : std::nullopt;
}

task<std::optional<imap_reply>> imap_channel::receive(bool for_content) {
  if (std::exchange(has_content_, false)) begun_ += "\"\"";
  for (;;) {
    const std::string line = co_await channel_.receive_line();
    begun_ += line;
    if (begun_.size() > longest_reply) refuse("a reply is too long");
    const auto literal = literal_after(line.size());
    if (!literal) break;
    begun_.resize(literal->begin);
    if (for_content && awaits_imap_content(begun_)) {
      content_left_ = literal->size;
      has_content_ = true;
      co_return std::nullopt;
    }
    co_await keep_literal(literal->size);
  }
  auto reply = parse_imap_reply(begun_);
  if (!reply) refuse("no reply of IMAP", begun_);
  begun_.clear();
  co_return reply;
}

task<> imap_channel::keep_literal(std::uint64_t size) {
  const bool may_be_cut = awaits_imap_content(begun_);
  if (size > (may_be_cut ? longest_passed_over : longest_kept)) refuse("a literal is too long", begun_);
  std::uint64_t kept = std::min(size, longest_kept);
  begun_ += fmt::format("{{{}}}\r\n", kept);
  while (size > 0) {
    const std::string piece = co_await channel_.receive_some(size);
    size -= piece.size();
    const auto part = std::string_view{piece}.substr(0, kept);
    begun_ += part;
    kept -= part.size();
  }
}

task<std::string> imap_channel::receive_content() {
  std::string piece = co_await channel_.receive_some(content_left_);
  content_left_ -= piece.size();
  co_return piece;
}

bool imap_channel::ends_command(const imap_reply& reply) const {
  if (reply.what != imap_reply::kind::tagged) return false;
  if (reply.tag != tag_) refuse("it answers what was not asked", reply.tag + " " + reply.said());
  return true;
}

}  // namespace ahoy::inline v0
