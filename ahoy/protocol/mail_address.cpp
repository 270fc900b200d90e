#include <ahoy/address/ascii.hpp>
#include <ahoy/error/error.hpp>
#include <ahoy/error/escape.hpp>
#include <ahoy/protocol/encoded_word.hpp>
#include <ahoy/protocol/mail_address.hpp>

#include <algorithm>
#include <utility>

namespace ahoy::inline v0 {

namespace {

constexpr std::size_t longest_address = 320;  // 64 before the @, 255 after it (RFC 5321, section 4.5.3.1)

[[noreturn]] void refuse(std::string_view text, const std::string& hint) {
  throw error{make_error_code(errc::malformed), "read mail address", escape(text), hint};
}

bool is_control(char c) { return (c >= 0 && c < ' ') || c == 127; }
bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

/// What no address holds outside of quotes.
bool is_special(char c) {
  return is_blank(c) || std::string_view{"<>()[],;:\\\""}.find(c) != std::string_view::npos;
}

void check(std::string_view address) {
  const auto at = address.rfind('@');
  const bool is_quoted = address.starts_with('"') && at > 1 && at != address.npos && address[at - 1] == '"';
  const auto local = is_quoted ? std::string_view{"x"} : address.substr(0, at);
  const auto domain = at == address.npos ? std::string_view{} : address.substr(at + 1);
  const bool is_literal = domain.starts_with('[') && domain.ends_with(']');
  const auto name = is_literal ? std::string_view{"x"} : domain;
  if (std::ranges::any_of(address, is_control) || address.size() > longest_address || local.empty() ||
      name.empty() || std::ranges::any_of(local, is_special) || std::ranges::any_of(name, is_special))
    refuse(address, "one is written alice@example.org, or Alice <alice@example.org>");
}

/// Reads one list, character by character.
class reader {
 public:
  explicit reader(std::string_view text) : text_{text} {}

  std::vector<mailbox> read() {
    while (at_ < text_.size()) step();
    end_one();
    return std::move(found_);
  }

 private:
  void step() {
    const char c = text_[at_];
    if (c == '"')
      words_ += quoted('"');
    else if (c == '(')
      skip_comment();
    else if (c == '<')
      take_angle();
    else if (c == ':' && !words_.starts_with('<'))
      begin_group();
    else if (c == ',' || c == ';')
      end_one(), ++at_;
    else
      words_ += text_[at_++];
  }

  /// With its quotes; a backslash protects what follows.
  std::string quoted(char end) {
    const std::size_t begin = at_++;
    while (at_ < text_.size() && text_[at_] != end) at_ += text_[at_] == '\\' ? 2 : 1;
    if (at_ >= text_.size()) refuse(text_, "a quote has no end");
    ++at_;
    return std::string{text_.substr(begin, at_ - begin)};
  }

  void skip_comment() {
    std::size_t depth = 0;
    for (; at_ < text_.size(); ++at_) {
      if (text_[at_] == '\\')
        ++at_;
      else if (text_[at_] == '(')
        ++depth;
      else if (text_[at_] == ')' && --depth == 0)
        break;
    }
    if (at_ >= text_.size()) refuse(text_, "a comment has no end");
    ++at_;
    words_ += ' ';
  }

  void take_angle() {
    if (has_angle_) refuse(text_, "a comma stands between two addresses");
    has_angle_ = true;
    ++at_;
    while (at_ < text_.size() && text_[at_] != '>') {
      if (text_[at_] == '"')
        address_ += quoted('"');
      else
        address_ += text_[at_++];
    }
    if (at_ >= text_.size()) refuse(text_, "a < has no >");
    ++at_;
    if (address_.starts_with('@'))
      address_.erase(0, address_.find(':') + 1);  // a route (RFC 5322, section 4.4)
  }

  void begin_group() {
    if (words_.find('@') != std::string::npos) refuse(text_, "a comma stands between two addresses");
    words_.clear();
    ++at_;
  }

  void end_one() {
    const std::string words = std::exchange(words_, {});
    const auto begin = std::min(words.find_first_not_of(" \t\r\n"), words.size());
    const std::string trimmed = words.substr(begin, words.find_last_not_of(" \t\r\n") + 1 - begin);
    if (has_angle_)
      add(plain(trimmed), address_);
    else if (!trimmed.empty())
      add({}, trimmed);
    has_angle_ = false;
    address_.clear();
  }

  /// A phrase without its quotes.
  static std::string plain(const std::string& phrase) {
    std::string text;
    for (std::size_t at = 0; at < phrase.size(); ++at) {
      if (phrase[at] == '"') continue;
      if (phrase[at] == '\\' && at + 1 < phrase.size()) ++at;
      text += phrase[at];
    }
    return decode_words(text);
  }

  void add(std::string name, const std::string& address) {
    check(address);
    found_.emplace_back(std::move(name), address);
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::string words_, address_;
  bool has_angle_ = false;
  std::vector<mailbox> found_;
};

/// What needs no quotes (RFC 5322, section 3.2.3), spaces between it.
bool is_phrase(std::string_view name) {
  return std::ranges::all_of(name, [](char c) {
    return is_letter(c) || is_digit(c) ||
           std::string_view{" !#$%&'*+-/=?^_`{|}~"}.find(c) != std::string_view::npos;
  });
}

std::string quoted(std::string_view name) {
  std::string text = "\"";
  for (const char each : name) {
    if (each == '"' || each == '\\') text += '\\';
    text += each;
  }
  return text + '"';
}

}  // namespace

std::string mailbox::to_header() const {
  if (name.empty()) return address;
  if (std::ranges::any_of(name, is_control)) refuse(name, "a name is one line");
  const std::string encoded = encode_words(name);
  return (encoded != name || is_phrase(name) ? encoded : quoted(name)) + " <" + address + ">";
}

std::vector<mailbox> parse_mailboxes(std::string_view text) { return reader{text}.read(); }

mailbox parse_mailbox(std::string_view text) {
  auto all = parse_mailboxes(text);
  if (all.size() != 1) refuse(text, "exactly one address is expected");
  return std::move(all.front());
}

std::string to_header(const std::vector<mailbox>& all) {
  std::string text;
  for (const mailbox& each : all) text += (text.empty() ? "" : ",\r\n ") + each.to_header();
  return text;
}

}  // namespace ahoy::inline v0
