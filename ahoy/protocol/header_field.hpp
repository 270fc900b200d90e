#pragma once
#include <string>
#include <string_view>
#include <utility>

namespace ahoy::inline v0 {

/// A field of a header: of HTTP (RFC 9110, section 5), of a mail (RFC 5322, section 2.2) or an article.
struct header_field {
  header_field() = default;
  header_field(std::string_view called, std::string what) : name(called), value(std::move(what)) {}
  friend bool operator==(const header_field&, const header_field&) = default;

  std::string name;   ///< as it was written
  std::string value;  ///< unfolded, without blanks around it; encoded words are not decoded
};

}  // namespace ahoy::inline v0
