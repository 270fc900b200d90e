#include <ahoy/internet/header_words.hpp>

namespace ahoy::inline v0 {

std::vector<header_field> fields_of(const std::vector<std::string>& headers) {
  std::vector<header_field> fields;
  for (const std::string& each : headers) {
    const auto colon = each.find(':');
    const auto value = each.find_first_not_of(" \t", colon + 1);
    fields.emplace_back(each.substr(0, colon), value == std::string::npos ? "" : each.substr(value));
  }
  return fields;
}

}  // namespace ahoy::inline v0
