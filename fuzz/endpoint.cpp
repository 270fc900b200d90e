#include <ahoy/address/endpoint.hpp>
#include <ahoy/protocol/ftp.hpp>

#include "target.hpp"

// A URL, or whatever else names an endpoint; a second line is the second word.

namespace {

void check(const ahoy::endpoint& read) {
  const std::string text = read.to_string();
  fuzz::require(ahoy::endpoint::parse(text) == read, "what is written reads back");
  fuzz::require(traits(read.scheme).is_url || read.user.empty(), "who knows no user has none");
}

void read(std::string_view input) {
  const std::string_view first = fuzz::take_line(input);
  fuzz::accepts([&] { check(ahoy::endpoint::parse(first)); });
  fuzz::accepts([&] { check(ahoy::endpoint::parse_for_listen(first)); });
  fuzz::accepts([&] { check(ahoy::endpoint::parse(first, input)); });
  fuzz::accepts([&] {
    const std::string path = ahoy::read_ftp_path(first).path;
    fuzz::require(path.find_first_of(std::string_view{"\r\n\0", 3}) == std::string::npos,
                  "a path is of one line");
  });
}

const fuzz::target endpoint{"endpoint", read};

}  // namespace
