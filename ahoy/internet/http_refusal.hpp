#pragma once
#include <ahoy/protocol/http.hpp>
#include <ahoy/task/task.hpp>

#include <string>

namespace ahoy::inline v0 {

/// What a server says beside a status of 400 and above: its content, up to 64 KiB, and what there was of it
/// where it ends before its time.
[[nodiscard]] task<std::string> content_of_refusal(http_exchange& exchange);

/// Shows that on standard error, below the header that -v shows.
void show_refusal(std::string_view content);

/// What a redirect says: the place, escaped, or "another place" where it names none.
[[nodiscard]] std::string place_of_redirect(const http_answer& answer);

}  // namespace ahoy::inline v0
