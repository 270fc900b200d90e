#include <ahoy/error/unreadable.hpp>
#include <ahoy/message/framing.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>

namespace ahoy::inline v0 {

using reader = std::optional<message> (decoder::*)();

struct framing_rule {
  std::string_view name;
  std::string_view delimiter;  // empty: the framing has none
  std::string_view called;     // the delimiter in words
  bool chosen;                 // by a user, who may name it
  reader next;

  static const framing_rule& of(framing kind) noexcept;
  static const std::array<framing_rule, 5> all;
};

// In the order of the enum.
constexpr std::array<framing_rule, 5> framing_rule::all{{
    {"line", "\n", "a line feed", true, &decoder::next_delimited},
    {"raw", "", "", true, &decoder::next_raw},
    {"length", "", "", true, &decoder::next_counted},
    {"nul", std::string_view("\0", 1), "a NUL byte", true, &decoder::next_delimited},
    {"datagram", "", "", false, &decoder::next_counted},
}};

const framing_rule& framing_rule::of(framing kind) noexcept { return all[static_cast<std::size_t>(kind)]; }

namespace {

constexpr std::size_t header_size = 4;
constexpr std::size_t max_counted = std::numeric_limits<std::uint32_t>::max();

std::string write_header(std::size_t length) {
  std::string header(header_size, '\0');
  for (std::size_t i = 0; i < header_size; ++i)
    header[i] = static_cast<char>(length >> (8 * (header_size - 1 - i)) & 0xff);
  return header;
}

std::size_t read_header(const char* bytes) noexcept {
  std::size_t length = 0;
  for (std::size_t i = 0; i < header_size; ++i) length = length << 8 | static_cast<unsigned char>(bytes[i]);
  return length;
}

}  // namespace

framing parse_framing(std::string_view text) {
  auto named = [text](const framing_rule& rule) { return rule.chosen && rule.name == text; };
  auto found = std::find_if(framing_rule::all.begin(), framing_rule::all.end(), named);
  if (found == framing_rule::all.end()) throw unreadable("framing", text, "choose line, raw, length or nul");
  return static_cast<framing>(found - framing_rule::all.begin());
}

std::string_view to_string(framing kind) noexcept { return framing_rule::of(kind).name; }

// A datagram is kept behind a header like a counted message, which can say less than 4 GiB; no datagram comes
// near.
decoder::decoder(framing kind, std::size_t max_message) noexcept
    : max_message_(kind == framing::datagram ? std::min(max_message, max_counted - 1) : max_message),
      kind_(kind) {}

void decoder::push(std::string_view bytes) {
  if (broken_) return;
  if (begin_ >= buffered()) {  // moves no more than was handed out since the last time
    buffer_.erase(0, begin_);
    scanned_ -= begin_;
    begin_ = 0;
  }
  if (kind_ == framing::datagram)
    push_datagram(bytes);
  else
    buffer_.append(bytes);
}

// One over the limit leaves its header alone, so that it is told in its turn and held by nobody.
void decoder::push_datagram(std::string_view bytes) {
  buffer_.append(write_header(std::min(bytes.size(), max_counted)));
  if (bytes.size() <= max_message_) buffer_.append(bytes);
}

std::optional<message> decoder::next() {
  if (broken_) std::rethrow_exception(broken_);
  return (this->*framing_rule::of(kind_).next)();
}

std::optional<message> decoder::next_delimited() {
  for (;;) {
    const auto end = buffer_.find(framing_rule::of(kind_).delimiter.front(), scanned_);
    scanned_ = std::min(end, buffer_.size());
    const auto length = without_return(scanned_ - begin_);
    if (length > max_message_) refuse_length(length);
    if (end == std::string::npos) return std::nullopt;
    const bool ends_what_was_taken = std::exchange(partial_taken_, false) && length == 0;
    auto found = cut(0, length, end + 1 - begin_ - length);
    if (!ends_what_was_taken) return found;
  }
}

// Where no delimiter has come yet, the CR may still prove to be half of one.
std::size_t decoder::without_return(std::size_t length) const noexcept {
  const bool ended = kind_ == framing::line && length > 0 && buffer_[begin_ + length - 1] == '\r';
  return ended ? length - 1 : length;
}

std::optional<message> decoder::next_counted() {
  if (buffered() < header_size) return std::nullopt;
  const auto length = read_header(buffer_.data() + begin_);
  if (length > max_message_) refuse_length(length);
  if (buffered() - header_size < length) return std::nullopt;
  return cut(header_size, length, 0);
}

std::optional<message> decoder::next_raw() {
  if (buffered() == 0) return std::nullopt;
  if (max_message_ == 0) refuse_length(buffered());
  return cut(0, std::min(buffered(), max_message_), 0);
}

std::optional<message> decoder::finish() {
  if (auto complete = next()) return complete;
  if (buffered() == 0) return std::nullopt;
  if (kind_ == framing::length)
    refuse(errc::cut_short,
           fmt::format("the stream ended {} bytes into a message, its header included", buffered()));
  if (buffered() > max_message_) refuse_length(buffered());  // a CR that is data after all
  return cut(0, buffered(), 0);
}

bool decoder::has_partial() const noexcept {
  return !framing_rule::of(kind_).delimiter.empty() && begin_ < scanned_ && scanned_ == buffer_.size();
}

std::optional<message> decoder::take_partial() {
  if (!has_partial()) return std::nullopt;
  partial_taken_ = true;
  auto taken = cut(0, buffered(), 0);
  taken.unfinished = true;
  return taken;
}

// A message that fills the buffer leaves with it; every other is copied out. An empty buffer is given back.
message decoder::cut(std::size_t header, std::size_t length, std::size_t trailer) {
  message found;
  const bool whole = begin_ == 0 && header == 0 && length + trailer == buffer_.size();
  if (whole) {
    buffer_.resize(length);
    found.text = std::move(buffer_);
  } else {
    found.text.assign(buffer_, begin_ + header, length);
  }
  begin_ += header + length + trailer;
  scanned_ = begin_;
  if (whole || begin_ == buffer_.size()) release();
  return found;
}

// Assigning an empty string would keep the memory.
void decoder::release() noexcept {
  std::string().swap(buffer_);
  begin_ = scanned_ = 0;
}

void decoder::refuse_length(std::size_t length) {
  auto hint = kind_ == framing::line || kind_ == framing::nul
                  ? fmt::format("no end of message within the limit of {} bytes", max_message_)
                  : fmt::format("the message has {} bytes, the limit is {}", length, max_message_);
  if (kind_ != framing::datagram) refuse(errc::too_long, hint);
  static_cast<void>(cut(header_size, 0, 0));
  throw error(errc::too_long, "receive", "", hint);
}

void decoder::refuse(errc cause, const std::string& hint) {
  release();
  broken_ = std::make_exception_ptr(error(cause, "receive", "", hint));
  std::rethrow_exception(broken_);
}

frame frame_parts(framing kind, std::string_view text) {
  const auto& rule = framing_rule::of(kind);
  if (!rule.delimiter.empty() && text.find(rule.delimiter.front()) != text.npos)
    throw error(errc::malformed, "send", "",
                fmt::format("the message holds {}, which ends a message under {} framing: send it in pieces, "
                            "or choose length framing",
                            rule.called, rule.name));
  if (kind != framing::length) return {"", std::string(rule.delimiter)};
  if (text.size() > max_counted)
    throw error(errc::too_long, "send", "", "length framing carries less than 4 GiB in one message");
  return {write_header(text.size()), ""};
}

std::string encode(framing kind, std::string_view text) {
  auto bytes = frame_parts(kind, text);
  return std::move(bytes.prefix.append(text).append(bytes.suffix));
}

}  // namespace ahoy::inline v0
