#include <ahoy/address/ascii.hpp>
#include <ahoy/address/percent.hpp>
#include <ahoy/error/escape.hpp>
#include <ahoy/error/unreadable.hpp>
#include <ahoy/protocol/nntp_url.hpp>
#include <ahoy/protocol/wildmat.hpp>
#include <ahoy/protocol/words.hpp>

#include <algorithm>

namespace ahoy::inline v0 {

namespace {

/// A command is a line of 512 bytes at most, its name has at most 497 (RFC 3977, section 3.1), and a
/// message-id 250 (section 3.6).
constexpr std::size_t longest_name = 450;
constexpr std::size_t longest_id = 250;

bool is_blank_or_control(char each) noexcept {
  return static_cast<unsigned char>(each) <= ' ' || each == 0x7f;
}

[[noreturn]] void refuse(std::string_view text, const std::string& hint) {
  throw unreadable("news URL", text, hint);
}

/// Neither ends of lines, which would make two commands of one, nor what a server would take apart.
void check_name(std::string_view name) {
  if (std::ranges::any_of(name, is_blank_or_control))
    refuse(name, "a newsgroup's name has no spaces and no control bytes");
  if (!valid_utf8(name)) refuse(name, "a newsgroup's name is UTF-8");
  if (name.size() > longest_name) refuse(name, "a newsgroup's name has at most 450 bytes");
}

std::string message_id_of(std::string text) {
  if (!text.starts_with('<')) text = "<" + text + ">";
  const std::string_view inside = std::string_view{text}.substr(1, text.size() - 2);
  const bool is_whole = text.size() > 2 && text.ends_with('>') && inside.find('@') != inside.npos;
  if (!is_whole || text.size() > longest_id)
    refuse(text, "a message-id is <LEFT@RIGHT>, of 250 bytes at most; # in it is written %23");
  const bool is_printable = std::ranges::all_of(inside, [](char each) { return each > ' ' && each < 0x7f; });
  if (!is_printable || inside.find_first_of("<>") != inside.npos)
    refuse(text, "a message-id is of printable ASCII, without spaces and brackets");
  return text;
}

nntp_url numbered(std::string_view name, std::string_view number) {
  if (!all_digits(number) || !read_number(number))
    refuse(number, "an article of a newsgroup has a number: nntp://HOST/GROUP/NUMBER");
  return {nntp_url::kind::numbered, std::string{name}, std::string{number}};
}

}  // namespace

nntp_url parse_nntp_url(std::string_view path) {
  if (path.starts_with('/')) path.remove_prefix(1);
  const std::string plain = percent_decoded(path);
  if (plain.starts_with('<') || plain.find('@') != plain.npos)
    return {nntp_url::kind::article, "", message_id_of(plain)};
  const std::string_view name = std::string_view{plain}.substr(0, plain.find('/'));
  check_name(name);
  if (name.size() + 1 < plain.size()) {
    if (name.empty() || is_wildmat(name))
      refuse(plain, "one newsgroup, and a number in it: nntp://HOST/GROUP/NUMBER");
    return numbered(name, std::string_view{plain}.substr(name.size() + 1));
  }
  const bool is_list = name.empty() || is_wildmat(name);
  return {is_list ? nntp_url::kind::groups : nntp_url::kind::group, std::string{name}, ""};
}

std::string parse_newsgroups(std::string_view path) {
  if (path.starts_with('/')) path.remove_prefix(1);
  std::string names = percent_decoded(path);
  if (names.empty()) return names;
  check_name(names);
  const bool has_empty = names.starts_with(',') || names.ends_with(',') || names.find(",,") != names.npos;
  if (has_empty || names.find_first_of("/*?!@<>:") != names.npos)
    refuse(names, "an article goes to newsgroups, by name: nntp://HOST/GROUP, or GROUP,GROUP");
  return names;
}

}  // namespace ahoy::inline v0
