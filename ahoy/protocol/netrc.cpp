#include <ahoy/address/ascii.hpp>
#include <ahoy/protocol/netrc.hpp>

#include <algorithm>
#include <string>

namespace ahoy::inline v0 {

namespace {

constexpr std::string_view white_space = " \t\r\n";

/// Word by word.
class netrc_words {
 public:
  explicit netrc_words(std::string_view text) : rest_{text} {}

  /// The next keyword, behind comments; nothing at the end.
  std::optional<std::string> keyword() {
    for (skip_blanks(); rest_.starts_with('#'); skip_blanks()) skip_past("\n");
    return rest_.empty() ? std::nullopt : std::optional{word()};
  }
  /// What follows a keyword, which may begin like a comment: a password is anything. Empty at the end.
  std::string value() {
    skip_blanks();
    return word();
  }
  /// A macro ends at an empty line.
  void skip_macro() { skip_past("\n\n"); }

 private:
  std::string word() { return rest_.starts_with('"') ? quoted_word() : plain_word(); }
  void skip_blanks() { rest_.remove_prefix(std::min(rest_.find_first_not_of(white_space), rest_.size())); }
  void skip_past(std::string_view end) {
    const auto at = rest_.find(end);
    rest_.remove_prefix(at == rest_.npos ? rest_.size() : at + end.size());
  }
  std::string plain_word() {
    const std::string word{rest_.substr(0, rest_.find_first_of(white_space))};
    rest_.remove_prefix(word.size());
    return word;
  }
  std::string quoted_word() {
    std::string word;
    rest_.remove_prefix(1);
    while (!rest_.empty() && !rest_.starts_with('"')) {
      if (rest_.starts_with('\\') && rest_.size() > 1) rest_.remove_prefix(1);
      word += rest_.front();
      rest_.remove_prefix(1);
    }
    rest_.remove_prefix(std::min<std::size_t>(1, rest_.size()));
    return word;
  }

  std::string_view rest_;
};

/// An entry while it is read.
struct machine_entry {
  bool fits_host = false;
  credentials login;

  [[nodiscard]] bool fits(std::string_view user) const {
    return fits_host && !login.password.empty() && (user.empty() || login.user == user);
  }
};

}  // namespace

std::optional<credentials> netrc_entry(std::string_view text, std::string_view host, std::string_view user) {
  netrc_words words{text};
  machine_entry entry;
  while (const auto word = words.keyword()) {
    if (*word == "machine" || *word == "default") {
      if (entry.fits(user)) break;
      entry = {};
      entry.fits_host = *word == "default" || equal_ignoring_case(words.value(), host);
    } else if (*word == "login") {
      entry.login.user = words.value();
    } else if (*word == "password") {
      entry.login.password = words.value();
    } else if (*word == "account") {
      static_cast<void>(words.value());
    } else if (*word == "macdef") {
      words.skip_macro();
    }
  }
  if (!entry.fits(user)) return std::nullopt;
  if (entry.login.user.empty()) entry.login.user = user;
  return entry.login;
}

}  // namespace ahoy::inline v0
