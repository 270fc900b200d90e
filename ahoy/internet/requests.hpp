#pragma once
#include <ahoy/command/options.hpp>

#include <string>
#include <vector>

namespace ahoy::inline v0 {

/// What is said to a server, once it has let us in: a command each; "..." is what only the exchange shows.
using requests = std::vector<std::string>;

[[nodiscard]] requests requests_for(const fetch_options& given);
[[nodiscard]] requests requests_for(const upload_options& given);

}  // namespace ahoy::inline v0
