#pragma once
#include <ahoy/protocol/transfer_options.hpp>

#include <optional>
#include <string_view>

namespace ahoy::inline v0 {

/// What the text of a ~/.netrc has for `host`: `machine HOST login NAME password WORD`, or `default`, which
/// fits every host and comes last (ftp(1)). Words are separated by white space; one may stand in double
/// quotes, in which a backslash takes the next character as it is (curl's). A word that begins with # is a
/// comment up to the end of its line; `macdef` goes up to an empty line. With a `user` only entries of that
/// name fit. Never throws for what cannot be read: that is passed over.
[[nodiscard]] std::optional<credentials> netrc_entry(std::string_view text, std::string_view host,
                                                     std::string_view user);

}  // namespace ahoy::inline v0
