#pragma once
#include <ahoy/address/family.hpp>
#include <ahoy/error/error.hpp>
#include <ahoy/task/context.hpp>

#include <string>
#include <string_view>

namespace ahoy::inline v0 {

// Between libcurl's words and ours.

struct failed_transfer {
  int code = 0;               ///< a CURLcode (libcurl-errors(3))
  int os_error = 0;           ///< the errno value that libcurl keeps
  std::string server;         ///< "localhost:8080"
  std::string words;          ///< libcurl's own
  std::string reply;          ///< the last line that the server said
  std::string url;            ///< the last one, after redirects
  bool uploads = false;       ///< content goes to the server
  bool is_connected = false;  ///< it has begun to talk
};
[[nodiscard]] error transfer_error(const failed_transfer& what);

/// "localhost:8080", of a URL; throws error (malformed).
[[nodiscard]] std::string server_of(const std::string& url);
/// The same URL, but for a user and a password in it; throws error (malformed).
[[nodiscard]] std::string without_login(const std::string& url);
/// "https", of a URL; throws error (malformed).
[[nodiscard]] std::string scheme_of(const std::string& url);

/// As libcurl takes a limit: 0 there is its own default.
[[nodiscard]] long curl_milliseconds(duration limit) noexcept;
/// CURLOPT_IPRESOLVE.
[[nodiscard]] long curl_family(family wanted) noexcept;

}  // namespace ahoy::inline v0
