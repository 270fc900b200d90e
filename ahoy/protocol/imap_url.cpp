#include <ahoy/address/ascii.hpp>
#include <ahoy/address/percent.hpp>
#include <ahoy/error/unreadable.hpp>
#include <ahoy/protocol/imap_mailbox_name.hpp>
#include <ahoy/protocol/imap_reply.hpp>
#include <ahoy/protocol/imap_url.hpp>

#include <algorithm>
#include <utility>

namespace ahoy::inline v0 {

namespace {

constexpr std::size_t longest_section = 200;

[[noreturn]] void refuse(std::string_view text, const std::string& hint) {
  throw unreadable("mail URL", text, hint);
}

std::uint32_t number_of(std::string_view digits) {
  const auto number = read_imap_number(digits);
  if (!number || *number == 0) refuse(digits, "a UID is a number from 1 on: imap://HOST/INBOX;UID=5");
  return *number;
}

void take_parameter(std::string_view text, imap_url& url) {
  const auto equal = text.find('=');
  const std::string name = lower(text.substr(0, equal));
  const std::string value = percent_decoded(equal == text.npos ? std::string_view{} : text.substr(equal + 1));
  if (name == "uid")
    url.uid = number_of(value);
  else if (name == "uidvalidity")
    url.uid_validity = number_of(value);
  else if (name == "section")
    check_imap_section(url.section = value);
  else
    refuse(text, "known are ;UID=, ;UIDVALIDITY= and ;SECTION=");
}

std::string_view without_last_slash(std::string_view text) {
  return text.substr(0, text.size() - (text.ends_with('/') ? 1 : 0));
}

}  // namespace

void check_imap_section(std::string_view text) {
  const auto is_of_it = [](char each) { return is_digit(each) || is_letter(each) || each == '.'; };
  if (text.empty() || text.size() > longest_section || !std::ranges::all_of(text, is_of_it))
    refuse(text, "a section is a part's number, or one of its forms: 1.2, HEADER, TEXT, 1.MIME");
}

void check_imap_search(std::string_view program) {
  const auto is_foreign = [](char each) { return each < ' ' || each > '~'; };
  if (std::ranges::any_of(program, is_foreign) || program.find('{') != program.npos)
    throw unreadable("search", program, "what SEARCH is asked is printable ASCII, without {");
}

imap_url parse_imap_url(std::string_view path) {
  const std::string_view whole = path;
  if (path.starts_with('/')) path.remove_prefix(1);
  imap_url url;
  if (const auto query = path.find('?'); query != path.npos) {
    url.search = percent_decoded(path.substr(query + 1));
    check_imap_search(url.search);
    path = path.substr(0, query);
  }
  const auto name_end = path.find(';');
  url.mailbox = percent_decoded(without_last_slash(path.substr(0, name_end)));
  for (auto left = path.substr(std::min(name_end, path.size())); !left.empty();) {
    const auto end = left.find(';', 1);
    take_parameter(without_last_slash(left.substr(1, end == left.npos ? end : end - 1)), url);
    left.remove_prefix(std::min(end, left.size()));
  }
  const bool names_something = url.uid || url.uid_validity || !url.search.empty() || !url.section.empty();
  if (!url.mailbox.empty() || names_something) check_mailbox_name(url.mailbox);
  if (!url.section.empty() && !url.uid) refuse(whole, "a section is one of a message: ;UID=5;SECTION=1");
  if (!url.search.empty() && url.uid) refuse(whole, "a mailbox is searched, not a message");
  return url;
}

std::optional<imap_url> as_imap_message(const imap_url& mailbox) {
  const auto slash = mailbox.mailbox.rfind('/');
  if (mailbox.uid || !mailbox.search.empty() || slash == std::string::npos || slash == 0) return std::nullopt;
  const auto uid = read_imap_number(std::string_view{mailbox.mailbox}.substr(slash + 1));
  if (!uid || *uid == 0) return std::nullopt;
  imap_url message = mailbox;
  message.mailbox.resize(slash);
  message.uid = uid;
  return message;
}

}  // namespace ahoy::inline v0
