#include <ahoy/address/ascii.hpp>
#include <ahoy/error/error.hpp>
#include <ahoy/protocol/ftp_listing.hpp>
#include <ahoy/protocol/words.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

namespace ahoy::inline v0 {

namespace {

constexpr std::size_t longest_line = std::size_t{64} * 1024;
constexpr std::array<std::string_view, 4> kinds{"file", "folder", "link", "other"};

std::string_view take_until(std::string_view& text, char end) {
  const auto part = text.substr(0, text.find(end));
  text.remove_prefix(std::min(part.size() + 1, text.size()));
  return part;
}

/// The next column, and the spaces after it.
std::string_view take_column(std::string_view& text) {
  const auto word = take_until(text, ' ');
  text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
  return word;
}

/// "20261123091500", perhaps with a fraction (RFC 3659, section 2.3); else empty.
std::string time_of(std::string_view text) {
  const auto digits = text.substr(0, text.find('.'));
  if (digits.size() != 14 || !all_digits(digits)) return {};
  const auto part = [&](std::size_t at, std::size_t size) { return digits.substr(at, size); };
  return fmt::format("{}-{}-{}T{}:{}:{}Z", part(0, 4), part(4, 2), part(6, 2), part(8, 2), part(10, 2),
                     part(12, 2));
}

ftp_kind mlsd_kind(std::string_view type) {
  if (type == "file") return ftp_kind::file;
  if (type == "dir") return ftp_kind::folder;
  return type.starts_with("os.unix=slink") || type.starts_with("os.unix=symlink") ? ftp_kind::link
                                                                                  : ftp_kind::other;
}

void set_fact(ftp_entry& entry, std::string_view name, std::string_view value) {
  if (name == "type") entry.kind = mlsd_kind(lower(value));
  if (name == "size") entry.size = read_number(value);
  if (name == "modify") entry.modified = time_of(value);
}

bool is_own_folder(std::string_view name) { return name == "." || name == ".."; }

/// "drwxr-xr-x": its first letter says what it is.
std::optional<ftp_kind> unix_kind(std::string_view permissions) {
  if (permissions.size() < 10 || permissions.find_first_not_of("-rwxsStTlbcdpD+.@", 1) != permissions.npos)
    return std::nullopt;
  switch (permissions.front()) {
    case '-':
      return ftp_kind::file;
    case 'd':
      return ftp_kind::folder;
    case 'l':
      return ftp_kind::link;
    default:
      return ftp_kind::other;
  }
}

bool is_month(std::string_view word) {
  constexpr std::array<std::string_view, 12> months{"jan", "feb", "mar", "apr", "may", "jun",
                                                    "jul", "aug", "sep", "oct", "nov", "dec"};
  return std::ranges::find(months, lower(word)) != months.end();
}

/// The month, the day, and a time or a year; the size stands before them, after an owner and perhaps a group.
bool take_size_and_date(std::string_view& rest, ftp_entry& entry) {
  std::string_view before;
  for (int words = 0; words < 6 && !rest.empty(); ++words) {
    const auto from = rest;
    const auto word = take_column(rest);
    if (!is_month(word) || words == 0) {
      before = word;
      continue;
    }
    entry.size = read_number(before);
    take_column(rest);
    const auto last = take_until(rest, ' ');  // one space: a name may begin with another
    entry.modified = from.substr(0, static_cast<std::size_t>(last.data() + last.size() - from.data()));
    return !rest.empty();
  }
  return false;
}

std::optional<ftp_entry> unix_entry(std::string_view line) {
  ftp_entry entry;
  const auto kind = unix_kind(take_column(line));
  if (!kind) return std::nullopt;
  take_column(line);  // how many names it has
  if (!take_size_and_date(line, entry)) return std::nullopt;
  entry.kind = *kind;
  const auto arrow = *kind == ftp_kind::link ? line.find(" -> ") : line.npos;
  entry.name = line.substr(0, arrow);
  if (arrow != line.npos) entry.target = line.substr(arrow + 4);
  return entry;
}

/// "11-23-26  09:15AM"; the year may have four digits.
std::string dos_time(std::string_view date, std::string_view time) {
  const bool is_date = (date.size() == 8 || date.size() == 10) && date[2] == '-' && date[5] == '-';
  const bool is_time = time.size() == 7 && time[2] == ':' && lower(time[6]) == 'm';
  if (!is_date || !is_time) return {};
  const auto hour = read_number(time.substr(0, 2)).value_or(0) % 12 + (lower(time[5]) == 'p' ? 12U : 0U);
  const auto year = date.substr(6);
  return fmt::format("{}{}-{}-{}T{:02}:{}", year.size() == 2 ? "20" : "", year, date.substr(0, 2),
                     date.substr(3, 2), hour, time.substr(3, 2));
}

std::optional<ftp_entry> dos_entry(std::string_view line) {
  ftp_entry entry;
  const auto date = take_column(line);
  const auto time = take_column(line);
  entry.modified = dos_time(date, time);
  const auto size = take_column(line);
  entry.kind = size == "<DIR>" ? ftp_kind::folder : ftp_kind::file;
  entry.size = read_number(size);
  entry.name = line;
  const bool is_one = !entry.modified.empty() && (entry.size || entry.kind == ftp_kind::folder);
  return is_one ? std::optional{entry} : std::nullopt;
}

}  // namespace

std::string_view to_string(ftp_kind kind) noexcept { return kinds[static_cast<std::size_t>(kind)]; }

std::optional<ftp_entry> read_mlsd_line(std::string_view line) {
  ftp_entry entry;
  auto facts = take_until(line, ' ');
  bool is_other_folder = false;
  while (!facts.empty()) {
    auto fact = take_until(facts, ';');
    const auto name = lower(take_until(fact, '='));
    is_other_folder =
        is_other_folder ||
        (name == "type" && (equal_ignoring_case(fact, "cdir") || equal_ignoring_case(fact, "pdir")));
    set_fact(entry, name, fact);
  }
  entry.name = line;
  if (entry.name.empty() || is_other_folder || is_own_folder(entry.name)) return std::nullopt;
  return entry;
}

std::optional<ftp_entry> read_list_line(std::string_view line) {
  auto entry = line.empty() || !is_digit(line.front()) ? unix_entry(line) : dos_entry(line);
  if (entry && (entry->name.empty() || is_own_folder(entry->name))) return std::nullopt;
  return entry;
}

std::vector<ftp_entry> ftp_listing_reader::take(std::string_view bytes) {
  std::vector<ftp_entry> entries;
  for (const char each : bytes) {
    if (each != '\n') unfinished_ += each;
    if (unfinished_.size() > longest_line)
      throw error{make_error_code(errc::protocol_broken), "read", "folder", "a line of it has no end"};
    if (each != '\n') continue;
    if (auto entry = finish()) entries.push_back(*std::move(entry));
  }
  return entries;
}

std::optional<ftp_entry> ftp_listing_reader::finish() {
  std::string line = std::exchange(unfinished_, {});
  if (line.ends_with('\r')) line.pop_back();
  return is_mlsd_ ? read_mlsd_line(line) : read_list_line(line);
}

}  // namespace ahoy::inline v0
