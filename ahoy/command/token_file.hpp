#pragma once
#include <string>

namespace ahoy::inline v0 {

/// The secret in a file, without the newline that it may end with. It is said where others may read the file.
/// Throws error (malformed) where it is shorter or longer than a token may be, and names no byte of it.
[[nodiscard]] std::string token_in_file(const std::string& name);

}  // namespace ahoy::inline v0
