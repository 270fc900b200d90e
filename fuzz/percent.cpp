#include <ahoy/address/percent.hpp>

#include "target.hpp"

namespace {

void read(std::string_view input) {
  fuzz::accepts([&] {
    const std::string plain = ahoy::percent_decoded(input);
    fuzz::require(plain.size() <= input.size(), "it does not become longer");
    fuzz::require(input.find('\0') != input.npos || plain.find('\0') == std::string::npos,
                  "no byte becomes 0");
  });
  const std::string encoded = ahoy::percent_encoded(input, "/:");
  fuzz::require(fuzz::is_harmless(encoded) && encoded.find(' ') == std::string::npos,
                "what is encoded is printable");
  fuzz::accepts(
      [&] { fuzz::require(ahoy::percent_decoded(encoded) == input, "what is encoded reads back"); });
}

const fuzz::target percent{"percent", read};

}  // namespace
