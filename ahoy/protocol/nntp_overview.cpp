#include <ahoy/address/ascii.hpp>
#include <ahoy/protocol/nntp_overview.hpp>
#include <ahoy/protocol/words.hpp>

#include <algorithm>

namespace ahoy::inline v0 {

namespace {

// In the order of nntp_overview_format::field; ":bytes" was "Bytes:" before RFC 3977 (section 8.4).
constexpr std::array<std::string_view, 7> names{"subject",    "from",  "date", "message-id",
                                                "references", "bytes", "lines"};

/// Up to the next tab, which goes with it: fields may be empty.
std::string_view take_field(std::string_view& line) noexcept {
  const auto tab = line.find('\t');
  const auto value = line.substr(0, tab);
  line.remove_prefix(tab == line.npos ? line.size() : tab + 1);
  return value;
}

}  // namespace

std::string_view nntp_overview::other(std::string_view name) const noexcept {
  for (std::string_view rest = others; !rest.empty();) {
    std::string_view value = take_field(rest);
    const bool is_it = value.size() > name.size() && value[name.size()] == ':' &&
                       equal_ignoring_case(value.substr(0, name.size()), name);
    if (!is_it) continue;
    value.remove_prefix(name.size() + 1);
    return value.substr(std::min(value.find_first_not_of(' '), value.size()));
  }
  return {};
}

nntp_overview_format::nntp_overview_format() noexcept : count_{names.size()} {
  for (std::size_t i = 0; i < names.size(); ++i) fields_[i] = static_cast<field>(i);
}

nntp_overview_format::nntp_overview_format(std::span<const std::string> named) noexcept {
  const std::size_t size = std::min(named.size(), most_fields);
  for (std::size_t i = 0; i < size; ++i) {
    fields_[i] = field_of(named[i]);
    if (fields_[i] != field::other) count_ = i + 1;
  }
}

nntp_overview_format::field nntp_overview_format::field_of(std::string_view name) noexcept {
  if (name.starts_with(':')) name.remove_prefix(1);
  name = name.substr(0, name.find(':'));
  for (std::size_t i = 0; i < names.size(); ++i)
    if (equal_ignoring_case(name, names[i])) return static_cast<field>(i);
  return field::other;
}

void nntp_overview_format::set(nntp_overview& entry, field which, std::string_view value) noexcept {
  constexpr std::array texts{&nntp_overview::subject, &nntp_overview::from, &nntp_overview::date,
                             &nntp_overview::message_id, &nntp_overview::references};
  if (which < field::bytes)
    entry.*texts[static_cast<std::size_t>(which)] = value;
  else if (which < field::other)
    (which == field::bytes ? entry.bytes : entry.lines) = read_number(value).value_or(0);
}

std::optional<nntp_overview> nntp_overview_format::parse(std::string_view line) const noexcept {
  const auto number = read_number(take_field(line));
  if (!number) return std::nullopt;
  nntp_overview entry;
  entry.number = *number;
  for (std::size_t i = 0; i < count_; ++i) set(entry, fields_[i], take_field(line));
  entry.others = line;
  return entry;
}

}  // namespace ahoy::inline v0
