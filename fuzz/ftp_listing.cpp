#include <ahoy/protocol/ftp_listing.hpp>

#include "target.hpp"

// The first byte says how it is cut.

namespace {

std::vector<ahoy::ftp_entry> read_in(std::string_view text, std::size_t size, bool is_mlsd) {
  ahoy::ftp_listing_reader reader{is_mlsd};
  std::vector<ahoy::ftp_entry> all;
  for (const std::string_view piece : fuzz::cut(text, size))
    for (ahoy::ftp_entry& each : reader.take(piece)) all.push_back(std::move(each));
  if (auto last = reader.finish()) all.push_back(*std::move(last));
  return all;
}

void check(const ahoy::ftp_entry& entry, std::size_t most) {
  fuzz::require(!entry.name.empty() && entry.name != "." && entry.name != "..",
                "an entry has a name of its own");
  fuzz::require(entry.name.find('\n') == std::string::npos, "a name is of one line");
  fuzz::require(entry.name.size() + entry.target.size() <= most, "no more comes out than went in");
  fuzz::require(entry.target.empty() || entry.kind == ahoy::ftp_kind::link, "a link alone has a target");
  fuzz::require(!to_string(entry.kind).empty(), "a kind has a word");
}

void read(std::string_view input) {
  const std::size_t size = fuzz::take_byte(input);
  for (const bool is_mlsd : {true, false}) {
    fuzz::accepts([&] {
      const auto cut = read_in(input, size, is_mlsd);
      fuzz::require(cut == read_in(input, input.size(), is_mlsd), "how it is cut does not matter");
      for (const ahoy::ftp_entry& each : cut) check(each, input.size());
    });
  }
}

const fuzz::target ftp_listing{"ftp_listing", read};

}  // namespace
