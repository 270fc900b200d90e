#pragma once
#include <ahoy/address/family.hpp>
#include <ahoy/error/error.hpp>
#include <ahoy/task/context.hpp>

#include <string>
#include <string_view>

namespace ahoy::inline v0 {

// Between libcurl's words and ours.

/// The error of a CURLcode (libcurl-errors(3)): `os_error` is the errno value that libcurl keeps, `words` its
/// own text, and `reply` the last line that the server said.
[[nodiscard]] error transfer_error(int code, int os_error, const std::string& server, std::string_view words,
                                   std::string_view reply);

/// "localhost:8080", of a URL; throws error (malformed).
[[nodiscard]] std::string server_of(const std::string& url);
/// "https", of a URL; throws error (malformed).
[[nodiscard]] std::string scheme_of(const std::string& url);

/// As libcurl takes a limit: 0 there is its own default.
[[nodiscard]] long curl_milliseconds(duration limit) noexcept;
/// CURLOPT_IPRESOLVE.
[[nodiscard]] long curl_family(family wanted) noexcept;

}  // namespace ahoy::inline v0
