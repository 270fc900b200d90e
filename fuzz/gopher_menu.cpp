#include <ahoy/address/endpoint.hpp>
#include <ahoy/protocol/gopher_menu.hpp>

#include "target.hpp"

// The first byte says how the menu is cut. All of it is read as a path, too.

namespace {

std::vector<ahoy::gopher_item> read_in(std::string_view text, std::size_t size) {
  ahoy::gopher_menu_reader reader;
  std::vector<ahoy::gopher_item> all;
  for (const std::string_view piece : fuzz::cut(text, size))
    for (ahoy::gopher_item& each : reader.take(piece)) all.push_back(std::move(each));
  if (auto last = reader.finish()) all.push_back(*std::move(last));
  return all;
}

void check(const ahoy::gopher_item& item) {
  fuzz::require(item.port != 0, "a port is none but 0");
  fuzz::require(!item.kind().empty(), "a type has a word");
  const std::string url = item.url();
  const bool is_foreign = item.type == 'h' && item.selector.starts_with("URL:");
  if (url.empty() || is_foreign) return;
  fuzz::require(fuzz::is_harmless(url), "a URL is harmless");
  const ahoy::endpoint to = ahoy::endpoint::parse(url);
  fuzz::require(to.to_string() == url && to.port == ahoy::port(item.port), "a URL says where an item is");
  if (item.type == '8') return;
  const ahoy::gopher_path path = ahoy::read_gopher_path(to.path);
  fuzz::require(path.type == item.type && path.selector == item.selector, "a URL's path says what is asked");
}

void read(std::string_view input) {
  fuzz::accepts([&] {
    const auto path = ahoy::read_gopher_path(input);
    fuzz::require(path.selector.find_first_of("\r\n\t") == std::string::npos, "a selector is one");
  });
  const std::size_t size = fuzz::take_byte(input);
  fuzz::accepts([&] {
    const auto cut = read_in(input, size);
    fuzz::require(cut == read_in(input, input.size()), "how it is cut does not matter");
    for (const ahoy::gopher_item& each : cut) fuzz::accepts([&] { check(each); });
  });
}

const fuzz::target gopher_menu{"gopher_menu", read};

}  // namespace
