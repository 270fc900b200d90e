#pragma once
#include <string>
#include <string_view>

namespace ahoy::inline v0 {

/// %20 is a space (RFC 3986, section 2.1). Throws error (malformed) for a % that no two hexadecimal digits
/// follow, and for %00.
[[nodiscard]] std::string percent_decoded(std::string_view text);

/// All but letters, digits and -._~ and what `kept` names becomes %20 and the like.
[[nodiscard]] std::string percent_encoded(std::string_view text, std::string_view kept);

}  // namespace ahoy::inline v0
