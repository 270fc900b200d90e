#include <ahoy/command/invocation.hpp>

#include "target.hpp"

#include <array>

// The first byte says which verb; each line that follows is a word. Nothing is opened, and nothing looked up.

namespace {

void read(std::string_view input) {
  constexpr std::array verbs{ahoy::verb::listen, ahoy::verb::call, ahoy::verb::send, ahoy::verb::fetch,
                             ahoy::verb::bench};
  const ahoy::verb which = verbs.at(fuzz::take_byte(input) % verbs.size());
  std::vector<std::string> lines;
  while (!input.empty()) {
    lines.emplace_back(fuzz::take_line(input));
    std::erase(lines.back(), '\0');  // no word of a process has one
  }
  const std::vector<std::string_view> words(lines.begin(), lines.end());
  fuzz::accepts([&] { static_cast<void>(ahoy::parse_invocation(which, words)); });
}

const fuzz::target line{"command_line", read};

}  // namespace
