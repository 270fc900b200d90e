#pragma once
#include <ahoy/command/options.hpp>

#include <string>

namespace ahoy::inline v0 {

// --explain of URLs: what would be said to the server, line by line, as -v shows it when it is said. Opens,
// looks up and asks for nothing. Throws error (malformed) for what the verb itself would refuse.

[[nodiscard]] std::string explain(const fetch_options& given);
[[nodiscard]] std::string explain(const upload_options& given);
[[nodiscard]] std::string explain(const telnet_options& given);

}  // namespace ahoy::inline v0
