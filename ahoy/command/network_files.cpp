#include <ahoy/command/file_text.hpp>
#include <ahoy/command/network_files.hpp>
#include <ahoy/error/error.hpp>
#include <ahoy/error/escape.hpp>
#include <ahoy/error/secret.hpp>
#include <ahoy/error/unreadable.hpp>

#include <fmt/format.h>

#include <string_view>

namespace ahoy::inline v0 {

namespace {

constexpr std::size_t most_text = std::size_t{1024} * 1024;
constexpr std::string_view blanks = " \t\r";

/// One of no byte is about to be written, by an editor or a copy: nothing that was meant.
std::string text_of(const std::string& name, empty_list what_of_none) {
  std::string text = file_text(name, most_text);
  if (text.empty())
    throw unreadable("networks in", name,
                     what_of_none == empty_list::is_refused
                         ? "it is empty: write a network, 192.0.2.0/24, on each line"
                         : "it is empty: a line that begins with # says that none are meant");
  return text;
}

std::string_view without_comment(std::string_view line) {
  line = line.substr(0, line.find('#'));
  const auto first = line.find_first_not_of(blanks);
  if (first == line.npos) return {};
  return line.substr(first, line.find_last_not_of(blanks) - first + 1);
}

network read_line(const std::string& file, std::size_t number, std::string_view word) {
  try {
    return network::parse(word);
  } catch (const error& failure) {
    const errc cause = failure.code() == errc::out_of_range ? errc::out_of_range : errc::malformed;
    throw unreadable(fmt::format("line {} of {}", number, escape(file)), without_token(word), failure.hint(),
                     cause);
  }
}

}  // namespace

std::vector<network> networks_in_file(const std::string& name, empty_list what_of_none) {
  const std::string text = text_of(name, what_of_none);
  std::vector<network> found;
  std::string_view rest = text;
  for (std::size_t number = 1; !rest.empty(); ++number) {
    const auto end = rest.find('\n');
    const std::string_view word = without_comment(rest.substr(0, end));
    if (!word.empty()) found.push_back(read_line(name, number, word));
    rest.remove_prefix(end == rest.npos ? rest.size() : end + 1);
  }
  if (found.empty() && what_of_none == empty_list::is_refused)
    throw unreadable("--allow", name, "no network is in it, so that everybody could call");
  return found;
}

}  // namespace ahoy::inline v0
