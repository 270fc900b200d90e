#include <ahoy/command/json.hpp>

#include "target.hpp"

// A line of --json that is read; the same bytes are what a line is made of.

namespace {

bool is_one_line(std::string_view text) { return text.ends_with('\n') && text.find('\n') == text.size() - 1; }

void make(std::string_view said) {
  for (const auto what : {ahoy::json_event::message, ahoy::json_event::join, ahoy::json_event::leave,
                          ahoy::json_event::drop, ahoy::json_event::busy}) {
    const std::string line = ahoy::json_line(what, {}, said, said);
    fuzz::require(is_one_line(line), "it is one line");
    fuzz::require(fuzz::is_harmless(line.substr(0, line.size() - 1)), "a line may be shown as it is");
  }
  const ahoy::send_report told{said.size(),
                               said.size() % 2 ? std::optional<std::uint64_t>{said.size()} : std::nullopt,
                               "sent", 0, said.empty() ? std::nullopt : std::optional{said}};
  fuzz::require(is_one_line(ahoy::json_line(told)), "a report is one line");
  fuzz::require(is_one_line(ahoy::json_row{}.add("name", said).add("size", said.size()).line() + "\n") ||
                    ahoy::json_row{}.add("name", said).add("size", said.size()).line().ends_with("\n"),
                "a row is one line");
}

void read(std::string_view input) {
  fuzz::accepts([&] {
    const ahoy::json_request asked = ahoy::parse_json_line(input);
    fuzz::require(asked.text.size() <= input.size(), "nothing grows");
  });
  make(input);
}

const fuzz::target json{"json_line", read};

}  // namespace
