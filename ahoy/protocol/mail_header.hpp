#pragma once
#include <ahoy/protocol/header_field.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ahoy::inline v0 {

/// Where a message's body begins: behind the empty line. Nothing while there is none.
[[nodiscard]] std::optional<std::size_t> find_body(std::string_view message);

/// The fields, in their order. A line that is none is passed over; lines end in CR LF or LF.
[[nodiscard]] std::vector<header_field> parse_mail_header(std::string_view header);
/// Whether it begins with a field.
[[nodiscard]] bool begins_with_field(std::string_view header);

/// The first field's value, whose name's case does not matter; null where there is none.
[[nodiscard]] const std::string* find_field(const std::vector<header_field>& fields, std::string_view name);

/// The header as it is, but for the fields of that name.
[[nodiscard]] std::string without_field(std::string_view header, std::string_view name);

}  // namespace ahoy::inline v0
