#include <ahoy/protocol/nntp_overview.hpp>

#include "target.hpp"

#include <vector>

// The first lines, up to an empty one, are the names of the fields; the others are entries.

namespace {

bool is_within(std::string_view part, std::string_view whole) {
  return part.empty() ||
         (part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size());
}

void check(const ahoy::nntp_overview_format& format, std::string_view line, std::string_view name) {
  const auto entry = format.parse(line);
  if (!entry) return;
  fuzz::require(line.find_first_of("0123456789") == 0, "an entry begins with a number");
  for (const std::string_view each : {entry->subject, entry->from, entry->date, entry->message_id,
                                      entry->references, entry->others, entry->other(name)}) {
    fuzz::require(is_within(each, line), "a field is a part of the line");
    fuzz::require(each.data() == entry->others.data() || each.find('\t') == each.npos, "a field has no tab");
  }
}

void read(std::string_view input) {
  std::vector<std::string> names;
  for (std::string_view line = fuzz::take_line(input); !line.empty(); line = fuzz::take_line(input))
    names.emplace_back(line);
  const ahoy::nntp_overview_format usual;
  const ahoy::nntp_overview_format named{names};
  while (!input.empty()) {
    const std::string_view line = fuzz::take_line(input);
    check(usual, line, "xref");
    check(named, line, names.empty() ? "" : names.back());
  }
}

const fuzz::target nntp_overview{"nntp_overview", read};

}  // namespace
