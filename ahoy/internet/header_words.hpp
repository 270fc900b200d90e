#pragma once
#include <ahoy/protocol/header_field.hpp>

#include <string>
#include <vector>

namespace ahoy::inline v0 {

/// What --header says, "NAME: VALUE" each, which was checked when it was read.
[[nodiscard]] std::vector<header_field> fields_of(const std::vector<std::string>& headers);

}  // namespace ahoy::inline v0
