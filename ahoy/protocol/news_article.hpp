#pragma once
#include <ahoy/protocol/header_field.hpp>

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

namespace ahoy::inline v0 {

/// What the header of an article is made of (RFC 5536, section 3.1).
struct news_header {
  news_header() = default;

  std::string newsgroups;  ///< "comp.lang.c++,comp.os.linux"
  std::string from;        ///< 'Alice <alice@example.org>'
  std::string subject;
  std::string message_id;  ///< with its brackets: see new_message_id
  std::chrono::system_clock::time_point date;
  std::vector<header_field> others;  ///< one that is here takes the place of what would be made

  /// All of it, and the empty line: UTF-8 text follows. Throws error (malformed): something is missing, or
  /// cannot be in a header (see header_line.hpp).
  [[nodiscard]] std::string text() const;
};

/// One that nobody else has: 128 random bits, and who it is from to the right of the @, or this machine.
[[nodiscard]] std::string new_message_id(std::string_view from);

}  // namespace ahoy::inline v0
