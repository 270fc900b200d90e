#include <ahoy/message/framing.hpp>

#include "target.hpp"

#include <array>

// The first byte says which framing, the second how it is cut, the third the longest message, the fourth how
// often the reader does not wait for the end of a line.

namespace {

using ahoy::framing;
constexpr std::array kinds{framing::line, framing::raw, framing::length, framing::nul, framing::datagram};

struct heard {
  std::vector<std::string> messages;
  std::string all;
  bool was_refused = false;
  friend bool operator==(const heard&, const heard&) = default;
};

void keep(heard& what, const ahoy::message& one, std::size_t most) {
  fuzz::require(one.text.size() <= most, "no message is longer than the limit");
  what.messages.push_back(one.text);
  what.all += one.text;
}

heard decode(framing kind, std::string_view text, std::size_t size, std::size_t most) {
  heard what;
  ahoy::decoder from{kind, most};
  what.was_refused = !fuzz::accepts([&] {
    for (const std::string_view piece : fuzz::cut(text, size)) {
      from.push(piece);
      while (const auto one = from.next()) keep(what, *one, most);
      fuzz::require(from.buffered() <= text.size(), "no more is held than has come");
    }
    while (const auto one = from.finish()) keep(what, *one, most);
    fuzz::require(from.buffered() == 0 && from.capacity() <= std::string{}.capacity(),
                  "nothing is held in the end");
  });
  if (what.was_refused)
    fuzz::require(kind == framing::datagram || !fuzz::accepts([&] { static_cast<void>(from.next()); }),
                  "who lost the borders never finds them again");
  return what;
}

/// All that was said comes out, though the reader does not wait for the ends of lines.
void decode_in_parts(framing kind, std::string_view text, std::size_t size, std::size_t pattern) {
  ahoy::decoder from{kind, text.size() + 1};
  std::size_t count = 0;
  for (const std::string_view piece : fuzz::cut(text, size)) {
    from.push(piece);
    while (const auto one = from.next()) count += one->text.size();
    if ((pattern >>= 1U) % 2 == 0 || !from.has_partial()) continue;
    const auto part = from.take_partial();
    fuzz::require(part && part->unfinished && !part->text.empty(), "a part is something, and marked");
    count += part->text.size();
  }
  while (const auto one = from.finish()) count += one->text.size();
  fuzz::require(count <= text.size(), "nothing is said twice");
}

void frame_and_read(framing kind, std::string_view text) {
  fuzz::accepts([&] {
    const std::string wire = ahoy::encode(kind, text);
    const heard back = decode(kind, wire, wire.size(), text.size() + 1);
    if (kind == framing::line && text.ends_with('\r')) return;  // as it says
    if (wire.empty()) return;  // nothing is sent, or a datagram that cut() has no piece for
    fuzz::require(back.messages.size() == 1 && back.all == text, "what is framed is read as it was");
  });
}

void read(std::string_view input) {
  fuzz::accepts(
      [&] { fuzz::require(ahoy::to_string(ahoy::parse_framing(input)) == input, "a framing has one name"); });
  const framing kind = kinds.at(fuzz::take_byte(input) % kinds.size());
  const std::size_t size = fuzz::take_byte(input);
  const std::size_t most = fuzz::take_byte(input);
  const std::size_t pattern = fuzz::take_byte(input);
  const heard whole = decode(kind, input, input.size(), most);
  if (kind != framing::raw && kind != framing::datagram)
    fuzz::require(decode(kind, input, size, most) == whole, "how it is cut does not matter");
  if (kind == framing::raw && most > 0)
    fuzz::require(decode(kind, input, size, most).all == input, "raw leaves nothing out");
  if (kind == framing::line || kind == framing::nul) decode_in_parts(kind, input, size, pattern);
  frame_and_read(kind, input);
}

const fuzz::target each{"framing", read};

}  // namespace
