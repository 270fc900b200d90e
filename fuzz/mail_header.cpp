#include <ahoy/protocol/mail_header.hpp>

#include "target.hpp"

// The first line is the name of a field that is taken out; the rest is a mail.

namespace {

void read(std::string_view input) {
  const std::string_view name = fuzz::take_line(input);
  const std::size_t size = ahoy::find_body(input).value_or(input.size());
  fuzz::require(size <= input.size(), "a body begins within the mail");
  const std::string_view header = input.substr(0, size);
  static_cast<void>(ahoy::begins_with_field(header));
  for (const ahoy::header_field& each : ahoy::parse_mail_header(header)) {
    fuzz::require(!each.name.empty() && each.name.size() + each.value.size() <= header.size(),
                  "a field has a name");
    fuzz::require(each.value.find_first_of("\r\n") == std::string::npos, "a value is of one line");
  }
  const std::string kept = ahoy::without_field(header, name);
  fuzz::require(kept.size() <= header.size(), "what is taken out is gone");
  const auto fields = ahoy::parse_mail_header(kept);
  fuzz::require(name.empty() || !ahoy::find_field(fields, name), "what is taken out is not there any more");
}

const fuzz::target mail_header{"mail_header", read};

}  // namespace
