#include <ahoy/address/ascii.hpp>
#include <ahoy/protocol/encoded_word.hpp>
#include <ahoy/protocol/imap_data.hpp>
#include <ahoy/protocol/imap_mailbox_name.hpp>
#include <ahoy/protocol/mail_header.hpp>
#include <ahoy/protocol/words.hpp>

#include <algorithm>
#include <utility>

namespace ahoy::inline v0 {

namespace {

/// A line of a command is no longer than servers take (RFC 7162, section 4).
constexpr std::size_t longest_set = 7000;
constexpr std::size_t longest_quoted = 1000;
constexpr std::size_t most_capabilities = 1000;

/// The text of atoms; nothing where there is something else among them.
std::optional<std::vector<std::string>> atoms_of(const imap_value& list) {
  if (list.what != imap_value::kind::list) return std::nullopt;
  std::vector<std::string> all;
  for (const imap_value& each : list.items) {
    if (each.what != imap_value::kind::atom) return std::nullopt;
    all.push_back(each.text);
  }
  return all;
}

/// Names and values, by turns.
const std::vector<imap_value>* items_of(const imap_reply& reply) {
  const bool is_it = reply.name == "FETCH" && reply.number && reply.values.size() == 1 &&
                     reply.values[0].what == imap_value::kind::list && reply.values[0].items.size() % 2 == 0;
  return is_it ? &reply.values[0].items : nullptr;
}

template <class Is>
const imap_value* find_item_if(const imap_reply& reply, Is is) {
  const auto* items = items_of(reply);
  for (std::size_t at = 0; items && at < items->size(); at += 2)
    if (is((*items)[at])) return &(*items)[at + 1];
  return nullptr;
}

const imap_value* find_item(const imap_reply& reply, std::string_view name) {
  return find_item_if(reply, [name](const imap_value& each) { return each.is_atom(name); });
}

std::string decoded_field(const std::vector<header_field>& fields, std::string_view name) {
  const std::string* value = find_field(fields, name);
  return value ? decode_words(*value) : std::string{};
}

void read_header(const imap_value& content, imap_entry& entry) {
  const auto fields = parse_mail_header(content.text);
  entry.date = decoded_field(fields, "date");
  entry.from = decoded_field(fields, "from");
  entry.subject = decoded_field(fields, "subject");
}

/// A level ends before what else may stand in a name.
std::string sort_key(const imap_mailbox& of) {
  std::string key = of.name;
  if (of.delimiter.size() == 1) std::ranges::replace(key, of.delimiter[0], '\1');
  const bool is_inbox = lower(key.substr(0, key.find('\1'))) == "inbox";
  return (is_inbox ? '0' : '1') + key;
}

}  // namespace

std::optional<imap_mailbox> read_imap_mailbox(const imap_reply& reply, bool is_utf8) {
  if (reply.name != "LIST" || reply.number || reply.values.size() < 3) return std::nullopt;
  auto attributes = atoms_of(reply.values[0]);
  const imap_value& delimiter = reply.values[1];
  const imap_value& name = reply.values[2];
  const bool has_levels = delimiter.what == imap_value::kind::string && delimiter.text.size() == 1;
  if (!attributes || !(has_levels || delimiter.what == imap_value::kind::nil)) return std::nullopt;
  // A mailbox may be called NIL, and 0-length names are those of LIST "" "" alone.
  if (!name.is_text() && name.what != imap_value::kind::nil) return std::nullopt;
  const std::string text = name.is_text() ? name.text : "NIL";
  return imap_mailbox{is_utf8 ? text : from_modified_utf7(text), delimiter.text, *std::move(attributes)};
}

void sort_by_hierarchy(std::vector<imap_mailbox>& all) { std::ranges::sort(all, {}, sort_key); }

void take_imap_selection(const imap_reply& reply, imap_selection& into) {
  if (reply.name == "EXISTS" && reply.number) into.messages = *reply.number;
  if (reply.has_code("READ-ONLY")) into.is_read_only = true;
  const std::pair<const char*, std::uint32_t*> told[] = {{"UIDVALIDITY", &into.uid_validity},
                                                         {"UIDNEXT", &into.uid_next}};
  for (const auto& [name, number] : told)
    if (const auto numbers = reply.numbers_of(name); numbers.size() == 1) *number = numbers[0];
}

std::optional<std::uint32_t> read_imap_uid(const imap_reply& reply) {
  const imap_value* uid = find_item(reply, "UID");
  const auto number = uid && uid->what == imap_value::kind::atom ? read_imap_number(uid->text) : std::nullopt;
  return number && *number > 0 ? number : std::nullopt;
}

std::optional<std::string> read_imap_content(const imap_reply& reply) {
  const imap_value* content = find_item_if(reply, is_imap_content);
  if (!content || content->what != imap_value::kind::string) return std::nullopt;
  return content->text;
}

std::optional<imap_entry> read_imap_entry(const imap_reply& reply) {
  const auto uid = read_imap_uid(reply);
  const imap_value* flags = find_item(reply, "FLAGS");
  const imap_value* received = find_item(reply, "INTERNALDATE");
  const imap_value* size = find_item(reply, "RFC822.SIZE");
  const imap_value* content = find_item_if(reply, is_imap_content);
  if (!uid || !flags || !received || !size || !content) return std::nullopt;
  auto flag_names = atoms_of(*flags);
  const auto bytes = read_number(size->text);
  if (!flag_names || !bytes || *reply.number == 0) return std::nullopt;
  imap_entry entry;
  entry.number = *reply.number;
  entry.uid = *uid;
  entry.size = *bytes;
  entry.flags = *std::move(flag_names);
  entry.received = received->text;
  read_header(*content, entry);
  return entry;
}

bool take_imap_search(const imap_reply& reply, std::vector<std::uint32_t>& into) {
  if (reply.name != "SEARCH" || reply.number) return false;
  for (const imap_value& each : reply.values) {
    if (each.what == imap_value::kind::list) continue;  // (MODSEQ 5): RFC 7162
    const auto number = read_imap_number(each.text);
    if (!number || *number == 0) return false;
    into.push_back(*number);
  }
  return true;
}

void imap_capabilities::take(const imap_reply& reply) {
  std::string_view left = reply.code;
  if (reply.has_code("CAPABILITY")) {
    names_.clear();
    static_cast<void>(take_word(left));
    while (!left.empty() && names_.size() < most_capabilities) names_.push_back(lower(take_word(left)));
  }
  if (reply.name != "CAPABILITY") return;
  names_.clear();
  for (const imap_value& each : reply.values)
    if (names_.size() < most_capabilities) names_.push_back(lower(each.text));
}

bool imap_capabilities::has(std::string_view name) const {
  return std::ranges::find(names_, lower(name)) != names_.end();
}

std::string take_imap_set(std::vector<std::uint32_t>& numbers, std::size_t most) {
  std::string set;
  std::size_t at = 0;
  most = std::min(most, numbers.size());
  while (at < most && set.size() < longest_set) {
    std::size_t last = at;
    while (last + 1 < most && numbers[last + 1] == numbers[last] + 1) ++last;
    if (!set.empty()) set += ',';
    set += std::to_string(numbers[at]);
    if (last > at) set += ":" + std::to_string(numbers[last]);
    at = last + 1;
  }
  numbers.erase(numbers.begin(), numbers.begin() + static_cast<std::ptrdiff_t>(at));
  return set;
}

std::string imap_quoted(std::string_view text) {
  std::string quoted = "\"";
  for (const char each : text) {
    if (each == '"' || each == '\\') quoted += '\\';
    quoted += each;
  }
  return quoted + "\"";
}

bool is_imap_quotable(std::string_view text) noexcept {
  return text.size() <= longest_quoted &&
         std::ranges::all_of(text, [](char each) { return ' ' <= each && each <= '~'; });
}

}  // namespace ahoy::inline v0
