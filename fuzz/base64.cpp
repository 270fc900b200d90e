#include <ahoy/message/base64.hpp>

#include "target.hpp"

// The first byte says how it is cut.

namespace {

void read(std::string_view input) {
  const std::size_t size = fuzz::take_byte(input);
  const std::string encoded = ahoy::base64_encoded(input);
  fuzz::require(ahoy::base64_decoded(encoded) == input, "what is encoded reads back");
  fuzz::require(ahoy::base64_decoded(input).size() <= input.size(), "what is decoded is shorter");
  std::string lines;
  ahoy::base64_lines wrapped;
  for (const std::string_view piece : fuzz::cut(input, size)) wrapped.add(piece, lines);
  wrapped.finish(lines);
  fuzz::require(lines.size() == ahoy::base64_lines::size_of(input.size()), "the size is known before");
  fuzz::require(ahoy::base64_decoded(lines) == input, "lines read back");
}

const fuzz::target base64{"base64", read};

}  // namespace
