#include <ahoy/address/ascii.hpp>
#include <ahoy/protocol/mail_header.hpp>

#include <algorithm>

namespace ahoy::inline v0 {

namespace {

constexpr std::string_view blanks = " \t\r\n";

std::string_view trimmed(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(blanks), text.size()));
  return text.substr(0, text.find_last_not_of(blanks) + 1);
}

std::string_view take_line(std::string_view& text) {
  const auto end = std::min(text.find('\n'), text.size() - 1) + 1;
  const auto line = text.substr(0, end);
  text.remove_prefix(end);
  return line;
}

/// A line, and those that go on with it, with their ends.
std::string_view take_folded(std::string_view& text) {
  const char* const begin = text.data();
  std::size_t size = take_line(text).size();
  while (text.starts_with(' ') || text.starts_with('\t')) size += take_line(text).size();
  return {begin, size};
}

/// Empty where the line is no field: printable ASCII stands before the colon (RFC 5322, section 2.2).
std::string_view name_of(std::string_view line) {
  const auto name = line.substr(0, line.find(':'));
  const auto fits = [](char c) { return c > ' ' && c < 127; };
  const auto called = name.substr(0, name.find_last_not_of(" \t") + 1);  // section 4.5.8 has blanks after it
  return name.size() < line.size() && std::ranges::all_of(called, fits) ? called : std::string_view{};
}

std::string unfolded(std::string_view text) {
  std::string line{trimmed(text)};
  std::erase_if(line, [](char c) { return c == '\r' || c == '\n'; });
  return line;
}

}  // namespace

std::optional<std::size_t> find_body(std::string_view message) {
  for (std::size_t at = 0; at < message.size();) {
    if (message[at] == '\n') return at + 1;
    if (message.substr(at).starts_with("\r\n")) return at + 2;
    const auto end = message.find('\n', at);
    if (end == message.npos) break;
    at = end + 1;
  }
  return std::nullopt;
}

bool begins_with_field(std::string_view header) {
  return !header.empty() && !name_of(take_line(header)).empty();
}

std::vector<header_field> parse_mail_header(std::string_view header) {
  std::vector<header_field> fields;
  while (!header.empty()) {
    const auto field = take_folded(header);
    const auto name = name_of(field);
    if (!name.empty()) fields.emplace_back(name, unfolded(field.substr(field.find(':') + 1)));
  }
  return fields;
}

const std::string* find_field(const std::vector<header_field>& fields, std::string_view name) {
  const auto found = std::ranges::find_if(
      fields, [&](const header_field& each) { return equal_ignoring_case(each.name, name); });
  return found == fields.end() ? nullptr : &found->value;
}

std::string without_field(std::string_view header, std::string_view name) {
  std::string kept;
  while (!header.empty()) {
    const auto field = take_folded(header);
    if (!equal_ignoring_case(name_of(field), name)) kept += field;
  }
  return kept;
}

}  // namespace ahoy::inline v0
