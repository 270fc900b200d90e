#pragma once
#include <ahoy/command/options.hpp>

namespace ahoy::inline v0 {

// What the module does: the verbs fetch, send and call for the internet's protocols. Each returns the exit
// status, or throws.

[[nodiscard]] int fetch(const fetch_options& given);
[[nodiscard]] int upload(const upload_options& given);
[[nodiscard]] int telnet(const telnet_options& given);

}  // namespace ahoy::inline v0
