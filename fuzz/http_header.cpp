#include <ahoy/protocol/http.hpp>

#include "target.hpp"

namespace {

void read(std::string_view input) {
  ahoy::http_header_reader reader;
  fuzz::accepts([&] {
    while (!input.empty()) reader.take(fuzz::take_line(input));
  });
  for (const ahoy::header_field& each : reader.answer().fields) {
    fuzz::require(reader.answer().field(each.name) != nullptr, "a field is found");
    fuzz::require(each.name.find_first_of(":\n") == std::string::npos, "a field has a name");
  }
  fuzz::accepts([&] { check(reader.answer(), "server"); });
}

const fuzz::target http_header{"http_header", read};

}  // namespace
