#include <ahoy/error/escape.hpp>

#include "target.hpp"

// The first byte says how it is cut.

namespace {

void read(std::string_view input) {
  const std::size_t size = fuzz::take_byte(input);
  const std::string escaped = ahoy::escape(input);
  for (const char each : escaped)
    fuzz::require(static_cast<unsigned char>(each) >= ' ' && each != 0x7f,
                  "what is escaped has no control bytes");
  fuzz::require(ahoy::valid_utf8(escaped), "what is escaped is UTF-8");
  fuzz::require(ahoy::escape_controls(ahoy::escape_controls(input)) == ahoy::escape_controls(input),
                "what is escaped once is escaped");
  ahoy::terminal_text text;
  std::string shown;
  for (const std::string_view piece : fuzz::cut(input, size)) shown += text.add(piece);
  shown += text.finish();
  fuzz::require(shown == ahoy::escape_for_terminal(input), "how it is cut does not matter");
}

const fuzz::target escape{"escape", read};

}  // namespace
