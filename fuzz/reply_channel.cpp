#include <ahoy/engine/select.hpp>
#include <ahoy/protocol/reply_channel.hpp>

#include "memory_carrier.hpp"
#include "target.hpp"

// The first byte says how it is cut, the second what is received in turn: lines, literals, texts.

namespace {

struct heard {
  std::string all;
  bool has_long_line = false;
};

ahoy::task<> hear(ahoy::reply_channel& from, std::size_t pattern, heard& what) {
  for (std::size_t turn = pattern;; turn = turn >> 1U | (turn & 1U) << 7U) {
    if ((turn & 3U) == 0) {
      const std::string some = co_await from.receive_some(5);
      what.all += some;
    } else if ((turn & 3U) == 1) {
      std::string text = co_await from.receive_text();
      while (!text.empty()) {
        what.all += text;
        text = co_await from.receive_text();
      }
    } else {
      const std::string line = co_await from.receive_line();
      what.has_long_line = what.has_long_line || line.size() > ahoy::reply_channel::longest_line;
      what.all += line;
      co_await from.send_lines("NOOP\r\n");
      co_await from.send_raw(line);
    }
  }
}

heard hear_in(std::string_view text, std::size_t size, std::size_t pattern, std::string* shown) {
  static const auto by = ahoy::make_engine();
  ahoy::dialogue_observer observer;
  if (shown)
    observer = [shown](ahoy::said_by who, std::string_view line) {
      *shown += who == ahoy::said_by::server ? line : "";
    };
  ahoy::reply_channel channel{std::make_unique<fuzz::memory_carrier>(fuzz::cut(text, size)), observer};
  heard what;
  const bool goes_on = fuzz::accepts([&] { by->run(hear(channel, pattern, what)); });
  fuzz::require(!goes_on, "the stream has an end");
  fuzz::accepts([&] { channel.go_over([](auto carrier) { return carrier; }); });
  return what;
}

void read(std::string_view input) {
  const std::size_t size = fuzz::take_byte(input);
  const std::size_t pattern = fuzz::take_byte(input);
  std::string shown;
  const heard what = hear_in(input, size, pattern, &shown);
  fuzz::require(!what.has_long_line, "a line is not longer than it may be");
  fuzz::require(what.all.size() <= input.size() && shown.size() <= input.size(),
                "no more comes out than went in");
  const bool has_literals = pattern != 0xff && pattern != 0;
  fuzz::require(
      has_literals || pattern == 0 || what.all == hear_in(input, input.size(), pattern, nullptr).all,
      "how it is cut does not matter");
}

const fuzz::target reply_channel{"reply_channel", read};

}  // namespace
