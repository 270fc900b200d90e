#include <ahoy/protocol/telnet.hpp>

#include "target.hpp"

// The first byte says how it is cut; the observer's words go to a terminal.

namespace {

struct heard {
  std::string text, answers;
};

heard hear_in(std::string_view wire, std::size_t size) {
  ahoy::telnet_terminal ours;
  ours.type = "xterm";
  ours.columns = 80;
  heard what;
  ahoy::telnet_session session{ours, [](ahoy::said_by, std::string_view words) {
                                 fuzz::require(fuzz::is_harmless(words), "words are harmless");
                               }};
  for (const std::string_view piece : fuzz::cut(wire, size)) {
    what.text += session.take(piece);
    what.answers += session.outgoing();
  }
  return what;
}

void read(std::string_view input) {
  const std::size_t size = fuzz::take_byte(input);
  heard cut;
  heard whole;
  const bool is_taken = fuzz::accepts([&] { cut = hear_in(input, size); });
  const bool is_taken_whole = fuzz::accepts([&] { whole = hear_in(input, input.size()); });
  fuzz::require(is_taken == is_taken_whole, "how it is cut does not matter to what is refused");
  fuzz::require(!is_taken || (cut.text == whole.text && cut.answers == whole.answers),
                "how it is cut does not matter");
  fuzz::require(cut.text.size() <= input.size() && cut.answers.size() <= input.size() * 4 + 64,
                "no more comes out than went in");
}

const fuzz::target telnet{"telnet", read};

}  // namespace
