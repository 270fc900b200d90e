#include <ahoy/address/ascii.hpp>
#include <ahoy/command/secret_words.hpp>
#include <ahoy/error/secret.hpp>

#include <algorithm>
#include <array>
#include <span>
#include <string_view>

namespace ahoy::inline v0 {

namespace {

constexpr std::array<std::string_view, 3> secret_headers{"authorization", "proxy-authorization", "cookie"};

/// What follows the first colon.
std::span<char> password_of(std::span<char> user) {
  const auto colon = std::ranges::find(user, ':');
  return colon == user.end() ? std::span<char>{} : std::span<char>{colon + 1, user.end()};
}

std::span<char> password_in_url(std::span<char> word) {
  const std::string_view text{word.data(), word.size()};
  const std::string_view password = password_in(text);
  if (password.empty()) return {};
  return word.subspan(static_cast<std::size_t>(password.data() - text.data()), password.size());
}

/// Of "Authorization: Bearer TOKEN" what follows the colon; nothing of other headers.
std::span<char> secret_in_header(std::span<char> header) {
  const std::string_view text{header.data(), header.size()};
  const auto name = lower(text.substr(0, text.find(':')));
  return std::ranges::count(secret_headers, name) > 0 ? password_of(header) : std::span<char>{};
}

/// Options whose value holds a secret.
struct secret_row {
  std::string_view option;
  std::span<char> (*secret)(std::span<char> value);
};
constexpr std::array secrets{secret_row{"--user", password_of}, secret_row{"--header", secret_in_header}};

std::span<char> secret_of(std::span<char> word, std::string_view before) {
  const std::string_view text{word.data(), word.size()};
  for (const secret_row& each : secrets) {
    if (before == each.option) return each.secret(word);
    const bool is_joined = text.starts_with(each.option) && text.substr(each.option.size()).starts_with('=');
    if (is_joined) return each.secret(word.subspan(each.option.size() + 1));
  }
  return password_in_url(word);
}

}  // namespace

std::vector<std::string> hide_secrets(int count, char** words) {
  std::vector<std::string> kept(words, words + count);
  for (std::size_t at = 0; at < kept.size(); ++at) {
    const std::span<char> word{words[at], kept[at].size()};
    std::ranges::fill(secret_of(word, at > 0 ? std::string_view{kept[at - 1]} : ""), '*');
  }
  return kept;
}

}  // namespace ahoy::inline v0
