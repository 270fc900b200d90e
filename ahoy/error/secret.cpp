#include <ahoy/error/secret.hpp>

#include <algorithm>

namespace ahoy::inline v0 {

namespace {

constexpr std::size_t least_token = 16;
constexpr std::size_t shown_of_token = 4;

/// Where NAME may begin: behind the slashes of a scheme, however many somebody has typed.
std::size_t begin_of_authority(std::string_view word) noexcept {
  const auto colon = word.find(':');
  const bool has_scheme = colon != word.npos && word.substr(colon + 1).starts_with('/');
  return has_scheme ? std::min(word.find_first_not_of('/', colon + 1), word.size()) : 0;
}

}  // namespace

std::string_view password_in(std::string_view word) noexcept {
  word.remove_prefix(begin_of_authority(word));
  word = word.substr(0, word.find_first_of("/?#"));
  const auto at = word.rfind('@');
  const auto colon = word.substr(0, at == word.npos ? 0 : at).find(':');
  return colon == word.npos ? std::string_view{} : word.substr(colon + 1, at - colon - 1);
}

std::string without_password(std::string_view word) {
  const std::string_view password = password_in(word);
  std::string shown{word};
  if (!password.empty())
    shown.replace(static_cast<std::size_t>(password.data() - word.data()), password.size(), "***");
  return shown;
}

std::string without_token(std::string_view word) {
  const bool may_be_token = word.size() >= least_token && word.find_first_of(".:") == word.npos;
  return may_be_token ? std::string{word.substr(0, shown_of_token)} + "..." : std::string{word};
}

}  // namespace ahoy::inline v0
