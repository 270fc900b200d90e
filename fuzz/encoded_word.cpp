#include <ahoy/error/escape.hpp>
#include <ahoy/protocol/encoded_word.hpp>

#include "target.hpp"

#include <algorithm>

namespace {

void read(std::string_view input) {
  const std::string decoded = ahoy::decode_words(input);
  fuzz::require(decoded.size() <= input.size() * 8 + 16, "what is decoded is bounded");
  const bool has_controls =
      std::ranges::any_of(input, [](char each) { return (each >= 0 && each < ' ') || each == 0x7f; });
  if (has_controls || !ahoy::valid_utf8(input)) return;
  const std::string encoded = ahoy::encode_words(input);
  fuzz::require(encoded.find("\n\r") == std::string::npos, "a folded line is not empty");
  const bool is_plain = encoded == input;  // blanks between words are then as they are
  fuzz::require(is_plain || ahoy::decode_words(encoded) == input, "what is encoded reads back");
}

const fuzz::target encoded_word{"encoded_word", read};

}  // namespace
