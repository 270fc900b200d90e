#include <ahoy/address/ascii.hpp>
#include <ahoy/protocol/imap_reply.hpp>
#include <ahoy/protocol/words.hpp>

#include <algorithm>
#include <array>

namespace ahoy::inline v0 {

namespace {

constexpr std::array<std::string_view, 5> statuses{"OK", "NO", "BAD", "BYE", "PREAUTH"};
// What has a section in brackets, which may hold spaces and lists.
constexpr std::array<std::string_view, 3> with_section{"BODY", "BINARY", "BINARY.SIZE"};

std::string upper(std::string_view text) {
  std::string capitals{text};
  for (char& each : capitals)
    if ('a' <= each && each <= 'z') each = static_cast<char>(each - 'a' + 'A');
  return capitals;
}

template <class Words>
bool has(const Words& words, std::string_view word) {
  return std::ranges::find(words, word) != words.end();
}

bool is_control(char each) noexcept { return static_cast<unsigned char>(each) < ' ' || each == 0x7f; }

/// More than RFC 9051 allows, since servers send more: all but what would end it.
bool is_of_atom(char each) noexcept {
  return !is_control(each) && std::string_view{" (){\""}.find(each) == std::string_view::npos;
}

/// Up to the next space, which goes.
std::string_view take_to_space(std::string_view& text) {
  const auto word = text.substr(0, text.find(' '));
  text.remove_prefix(std::min(word.size() + 1, text.size()));
  return word;
}

class value_reader {
 public:
  explicit value_reader(std::string_view bytes) noexcept : left_{bytes} {}

  /// False where something is wrong with it.
  bool read_all(std::vector<imap_value>& into) { return read_values(into, 0) && left_.empty(); }

 private:
  bool read_values(std::vector<imap_value>& into, std::size_t depth) {
    while (!left_.empty() && left_[0] != ')') {
      if (left_[0] == ' ') {
        left_.remove_prefix(1);
        continue;
      }
      into.emplace_back();
      if (++count_ > most_imap_values || !read_value(into.back(), depth)) return false;
    }
    return true;
  }

  bool read_value(imap_value& value, std::size_t depth) {
    if (left_[0] == '(') return read_list(value, depth + 1);
    if (left_[0] == '"') return read_quoted(value);
    if (left_[0] == '{' || left_.starts_with("~{")) return read_literal(value);
    return read_atom(value);
  }

  bool read_list(imap_value& value, std::size_t depth) {
    value.what = imap_value::kind::list;
    if (depth > deepest_imap_list) return false;
    left_.remove_prefix(1);
    if (!read_values(value.items, depth) || left_.empty()) return false;
    left_.remove_prefix(1);
    return true;
  }

  bool read_quoted(imap_value& value) {
    value.what = imap_value::kind::string;
    left_.remove_prefix(1);
    for (; !left_.empty() && left_[0] != '"'; left_.remove_prefix(1)) {
      if (left_[0] == '\\') left_.remove_prefix(1);
      const bool ends = left_.empty() || std::string_view{"\r\n\0", 3}.find(left_[0]) != left_.npos;
      if (ends) return false;
      value.text += left_[0];
    }
    if (left_.empty()) return false;
    left_.remove_prefix(1);
    return true;
  }

  bool read_literal(imap_value& value) {
    value.what = imap_value::kind::string;
    left_.remove_prefix(left_[0] == '~' ? 2 : 1);
    const auto end = left_.find("}\r\n");
    const auto size = read_number(left_.substr(0, std::min(end, left_.size())));
    if (end == left_.npos || !size) return false;
    left_.remove_prefix(end + 3);
    if (*size > left_.size()) return false;
    value.text = left_.substr(0, *size);
    left_.remove_prefix(*size);
    return true;
  }

  bool read_atom(imap_value& value) {
    value.what = imap_value::kind::atom;
    while (!left_.empty() && is_of_atom(left_[0])) {
      const bool begins_section = left_[0] == '[' && has(with_section, upper(value.text));
      if (begins_section && !read_section(value.text)) return false;
      if (begins_section) continue;
      value.text += left_[0];
      left_.remove_prefix(1);
    }
    if (value.text.empty()) return false;
    if (value.is_atom("NIL")) value = {};
    return true;
  }

  /// Of [HEADER.FIELDS ("a]b")] all, brackets and all.
  bool read_section(std::string& text) {
    while (!left_.empty() && left_[0] != ']') {
      imap_value quoted;
      const auto before = left_;
      if (left_[0] != '"' && left_[0] != '{') {
        if (is_control(left_[0])) return false;
        left_.remove_prefix(1);
      } else if (!(left_[0] == '"' ? read_quoted(quoted) : read_literal(quoted))) {
        return false;
      }
      text += before.substr(0, before.size() - left_.size());
    }
    if (left_.empty()) return false;
    text += ']';
    left_.remove_prefix(1);
    return true;
  }

  std::string_view left_;
  std::size_t count_ = 0;
};

/// "[UIDNEXT 5] words", of which the brackets need not be there.
bool read_status(std::string_view text, imap_reply& reply) {
  if (text.starts_with('[')) {
    const auto end = text.find(']');
    if (end == text.npos) return false;
    reply.code = text.substr(1, end - 1);
    text.remove_prefix(end + 1);
    if (text.starts_with(' ')) text.remove_prefix(1);
  }
  reply.text = text;
  return true;
}

bool read_data(std::string_view bytes, imap_reply& reply) {
  std::string_view word = take_to_space(bytes);
  reply.number = read_imap_number(word);
  if (reply.number) word = take_to_space(bytes);
  if (word.empty() || !std::ranges::all_of(word, is_of_atom)) return false;
  reply.name = upper(word);
  if (!reply.is_status()) return value_reader{bytes}.read_all(reply.values);
  return !reply.number && read_status(bytes, reply);
}

}  // namespace

bool imap_value::is_atom(std::string_view capitals) const {
  return what == kind::atom && upper(text) == capitals;
}

bool imap_reply::is_status() const noexcept { return has(statuses, name); }

bool imap_reply::has_code(std::string_view capitals) const {
  return upper(std::string_view{code}.substr(0, code.find(' '))) == capitals;
}

std::vector<std::uint32_t> imap_reply::numbers_of(std::string_view capitals) const {
  std::vector<std::uint32_t> numbers;
  std::string_view left = code;
  if (upper(take_to_space(left)) != capitals) return {};
  while (!left.empty()) {
    const auto each = read_imap_number(take_to_space(left));
    if (!each) return {};
    numbers.push_back(*each);
  }
  return numbers;
}

std::string imap_reply::said() const {
  const std::string in_brackets = code.empty() ? "" : " [" + code + "]";
  return name + in_brackets + (text.empty() ? "" : " " + text);
}

std::optional<std::uint32_t> read_imap_number(std::string_view digits) noexcept {
  const auto number = read_number(digits);
  return number && *number <= UINT32_MAX ? std::optional{static_cast<std::uint32_t>(*number)} : std::nullopt;
}

std::optional<imap_reply> parse_imap_reply(std::string_view bytes) {
  imap_reply reply;
  const std::string_view tag = take_to_space(bytes);
  if (tag == "+") {
    reply.what = imap_reply::kind::go_on;
    return read_status(bytes, reply) ? std::optional{std::move(reply)} : std::nullopt;
  }
  if (tag.empty() || !std::ranges::all_of(tag, is_of_atom) || !read_data(bytes, reply)) return std::nullopt;
  if (tag == "*") return reply;
  reply.what = imap_reply::kind::tagged;
  reply.tag = tag;
  const bool is_last_word = reply.name == "OK" || reply.name == "NO" || reply.name == "BAD";
  return is_last_word ? std::optional{std::move(reply)} : std::nullopt;
}

std::optional<imap_literal> find_imap_literal(std::string_view reply) {
  if (!reply.starts_with("* ") || !reply.ends_with('}')) return std::nullopt;
  const auto begin = reply.rfind('{');
  if (begin == reply.npos || begin < 2) return std::nullopt;
  std::string_view left = reply.substr(2);
  if (has(statuses, upper(take_to_space(left)))) return std::nullopt;
  const auto size = read_number(reply.substr(begin + 1, reply.size() - begin - 2));
  if (!size) return std::nullopt;
  return imap_literal{begin - (reply[begin - 1] == '~' ? 1 : 0), *size};
}

bool is_imap_content(const imap_value& name) {
  const std::string capitals = name.what == imap_value::kind::atom ? upper(name.text) : std::string{};
  return capitals.starts_with("BODY[") || capitals.starts_with("BINARY[");
}

/// What is there of it is read as if it were whole.
bool awaits_imap_content(std::string_view begun) {
  const auto reply = parse_imap_reply(std::string{begun} + ")");
  if (!reply || reply->name != "FETCH" || reply->values.size() != 1) return false;
  const auto& items = reply->values.front().items;
  return items.size() % 2 == 1 && is_imap_content(items.back());
}

}  // namespace ahoy::inline v0
