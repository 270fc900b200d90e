#include <ahoy/protocol/dot_text.hpp>

#include "target.hpp"

// The first byte says how it is cut.

namespace {

std::string encoded(std::string_view text, std::size_t size) {
  ahoy::dot_encoder encoder;
  std::string wire;
  for (const std::string_view piece : fuzz::cut(text, size)) encoder.add(piece, wire);
  encoder.finish(wire);
  return wire;
}

struct decoded {
  std::string plain;
  std::size_t taken = 0;
  bool is_over = false;
  friend bool operator==(const decoded&, const decoded&) = default;
};

decoded decode(std::string_view wire, std::size_t size) {
  ahoy::dot_decoder decoder;
  decoded all;
  for (const std::string_view piece : fuzz::cut(wire, size)) all.taken += decoder.take(piece, all.plain);
  all.is_over = decoder.is_over();
  return all;
}

void read(std::string_view input) {
  const std::size_t size = fuzz::take_byte(input);
  const decoded found = decode(input, size);
  fuzz::require(found == decode(input, input.size()), "how it is cut does not matter");
  fuzz::require(found.plain.size() <= input.size() && found.taken <= input.size(),
                "no more comes out than went in");
  const std::string wire = encoded(input, size);
  fuzz::require(wire == encoded(input, input.size()), "how it is cut does not matter");
  const decoded back = decode(wire, size);
  fuzz::require(back.is_over && back.taken == wire.size(), "a text ends where it ends, and not before");
  fuzz::require(encoded(back.plain, size) == wire, "what is decoded is the same on the wire");
}

const fuzz::target dot_text{"dot_text", read};

}  // namespace
