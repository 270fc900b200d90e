#include <ahoy/address/ascii.hpp>
#include <ahoy/protocol/nntp_reply.hpp>
#include <ahoy/protocol/words.hpp>

#include <algorithm>

namespace ahoy::inline v0 {

namespace {

constexpr std::size_t most_capabilities = 200;
constexpr std::size_t most_words = 50;

}  // namespace

std::optional<nntp_reply> parse_nntp_reply(std::string_view line) noexcept {
  const auto code = line.substr(0, 3);
  const bool is_code =
      code.size() == 3 && std::ranges::all_of(code, is_digit) && code[0] >= '1' && code[0] <= '5';
  if (!is_code || (line.size() > 3 && line[3] != ' ')) return std::nullopt;
  return nntp_reply{static_cast<int>(*read_number(code)), line.substr(std::min<std::size_t>(line.size(), 4))};
}

std::optional<nntp_selection> parse_nntp_selection(std::string_view text) noexcept {
  const auto count = read_number(take_word(text));
  const auto first = read_number(take_word(text));
  const auto last = read_number(take_word(text));
  if (!count || !first || !last) return std::nullopt;
  return nntp_selection{*count, *first, *last};
}

std::optional<nntp_group> parse_nntp_group(std::string_view line) noexcept {
  const auto name = take_word(line);
  const auto last = read_number(take_word(line));
  const auto first = read_number(take_word(line));
  const auto status = take_word(line);
  if (name.empty() || !last || !first || status.empty()) return std::nullopt;
  return nntp_group{name, *last, *first, status};
}

std::optional<nntp_description> parse_nntp_description(std::string_view line) noexcept {
  const auto name = take_word(line);
  if (name.empty()) return std::nullopt;
  return nntp_description{name, line};
}

void nntp_capabilities::add(std::string_view line) {
  if (lines_.size() >= most_capabilities) return;
  std::vector<std::string> words;
  while (!line.empty() && words.size() < most_words) words.push_back(lower(take_word(line)));
  if (!words.empty()) lines_.push_back(std::move(words));
}

const std::vector<std::string>* nntp_capabilities::line_of(std::string_view name) const {
  const auto found =
      std::ranges::find_if(lines_, [&](const auto& words) { return words.front() == lower(name); });
  return found == lines_.end() ? nullptr : &*found;
}

bool nntp_capabilities::has(std::string_view name) const { return line_of(name) != nullptr; }

bool nntp_capabilities::has(std::string_view name, std::string_view argument) const {
  const auto* words = line_of(name);
  return words && std::ranges::count(words->begin() + 1, words->end(), lower(argument)) > 0;
}

}  // namespace ahoy::inline v0
