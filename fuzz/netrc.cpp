#include <ahoy/protocol/netrc.hpp>

#include "target.hpp"

// The first line is a host, the second a user, the rest the file.

namespace {

void read(std::string_view input) {
  const std::string_view host = fuzz::take_line(input);
  const std::string_view user = fuzz::take_line(input);
  for (const std::string_view who : {user, std::string_view{}}) {
    const auto found = ahoy::netrc_entry(input, host, who);
    if (!found) continue;
    fuzz::require(!found->password.empty(), "an entry has a password");
    fuzz::require(who.empty() || found->user == who, "an entry is that of the user");
    fuzz::require(found->password.size() <= input.size(), "a password is in the file");
  }
}

const fuzz::target netrc{"netrc", read};

}  // namespace
