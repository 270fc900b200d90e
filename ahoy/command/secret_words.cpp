#include <ahoy/command/secret_words.hpp>

#include <algorithm>
#include <span>
#include <string_view>

namespace ahoy::inline v0 {

namespace {

constexpr std::string_view user_option = "--user";
constexpr std::string_view separator = "://";

/// What follows the first colon.
std::span<char> password_of(std::span<char> user) {
  const auto colon = std::ranges::find(user, ':');
  return colon == user.end() ? std::span<char>{} : std::span<char>{colon + 1, user.end()};
}

/// In scheme://NAME:PASSWORD@host/path.
std::span<char> password_in_url(std::span<char> word) {
  const auto begin = std::ranges::search(word, separator);
  if (begin.empty()) return {};
  const auto end =
      std::ranges::find_if(begin.end(), word.end(), [](char c) { return c == '/' || c == '?' || c == '#'; });
  const auto at = std::find(std::make_reverse_iterator(end), std::make_reverse_iterator(begin.end()), '@');
  if (at.base() == begin.end()) return {};
  return password_of({begin.end(), at.base() - 1});
}

std::span<char> secret_of(std::span<char> word, bool follows_option) {
  const std::string_view text{word.data(), word.size()};
  if (follows_option) return password_of(word);
  if (text.starts_with(user_option) && text.substr(user_option.size()).starts_with('='))
    return password_of(word.subspan(user_option.size() + 1));
  return password_in_url(word);
}

}  // namespace

std::vector<std::string> hide_secrets(int count, char** words) {
  std::vector<std::string> kept(words, words + count);
  for (std::size_t at = 0; at < kept.size(); ++at) {
    const std::span<char> word{words[at], kept[at].size()};
    std::ranges::fill(secret_of(word, at > 0 && kept[at - 1] == user_option), '*');
  }
  return kept;
}

}  // namespace ahoy::inline v0
