#include <ahoy/protocol/encoded_word.hpp>
#include <ahoy/protocol/header_line.hpp>
#include <ahoy/protocol/mail_header.hpp>

#include "target.hpp"

// The first line is a name, the rest the value. What is written is one field, and reads back.

namespace {

void check(const std::string& line, std::string_view name) {
  const auto fields = ahoy::parse_mail_header(line);
  fuzz::require(line.ends_with("\r\n") && fields.size() == 1 && fields.front().name == name,
                "a line is one field");
  for (const char each : line)
    fuzz::require((each >= ' ' && each < 0x7f) || each == '\r' || each == '\n', "a header is of ASCII");
}

void read(std::string_view input) {
  const std::string_view name = fuzz::take_line(input);
  fuzz::accepts([&] {
    const std::string line = ahoy::text_header_line(name, input);
    check(line, name);
    const std::string back = ahoy::decode_words(ahoy::parse_mail_header(line).front().value);
    const bool has_blanks = input.starts_with(' ') || input.ends_with(' ');
    fuzz::require(has_blanks || back == input, "text reads back");
  });
  fuzz::accepts([&] { check(ahoy::address_header_line(name, input), name); });
}

const fuzz::target header_line{"header_line", read};

}  // namespace
