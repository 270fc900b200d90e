#pragma once
#include <string>
#include <vector>

namespace ahoy::inline v0 {

/// A copy of the words that the process was started with; in the words themselves, which everybody on this
/// machine can read (`ps`), the passwords of --user and of URLs, and what --header says of Authorization or
/// Cookie, are then overwritten.
[[nodiscard]] std::vector<std::string> hide_secrets(int count, char** words);

}  // namespace ahoy::inline v0
