#include <ahoy/command/known_hosts.hpp>

#include "target.hpp"

// The first line is a server, the rest the file.

namespace {

void read(std::string_view input) {
  const std::string_view name = fuzz::take_line(input);
  fuzz::accepts([&] {
    const ahoy::endpoint server = ahoy::endpoint::parse(name);
    const auto before = ahoy::find_known_host(input, server);
    fuzz::require(!before || before->key.size() == 64, "a key has 64 digits");
    const std::string key(64, 'a');
    const std::string text = ahoy::with_known_host(input, server, key);
    const auto after = ahoy::find_known_host(text, server);
    fuzz::require(after && after->key == key, "who is remembered is found");
    fuzz::require(ahoy::with_known_host(text, server, key) == text, "who is remembered twice stands there once");
  });
}

const fuzz::target hosts{"known_hosts", read};

}  // namespace
