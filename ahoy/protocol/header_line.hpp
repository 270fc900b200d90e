#pragma once
#include <chrono>
#include <string>
#include <string_view>

namespace ahoy::inline v0 {

// Lines of the header of a message or an article (RFC 5322, RFC 5536), each with its end, CR LF. What is not
// ASCII is written as encoded words of UTF-8 (RFC 2047). Both throw error (malformed) for a name that is
// none, for text with a line end or another control byte in it, which would be a line of its own, and for
// text that is not UTF-8.

/// Of text for people: "Subject", "Organization".
[[nodiscard]] std::string text_header_line(std::string_view name, std::string_view text);
/// Of addresses: 'Älice <alice@example.org>, bob@example.org'; the names alone are encoded. Throws error
/// (malformed) for what is no address, or one that is not ASCII, too.
[[nodiscard]] std::string address_header_line(std::string_view name, std::string_view addresses);

/// Of the given time, in UTC: "Mon, 23 Nov 2026 09:30:00 +0000" (RFC 5322, section 3.3).
[[nodiscard]] std::string header_date(std::chrono::system_clock::time_point when);

}  // namespace ahoy::inline v0
