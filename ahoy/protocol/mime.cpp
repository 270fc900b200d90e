#include <ahoy/address/ascii.hpp>
#include <ahoy/error/error.hpp>
#include <ahoy/error/escape.hpp>
#include <ahoy/protocol/encoded_word.hpp>
#include <ahoy/protocol/header_line.hpp>
#include <ahoy/protocol/mime.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <utility>

namespace ahoy::inline v0 {

namespace {

constexpr std::size_t longest_quoted = 75;  // and a = at its end (RFC 2045, section 6.7, rule 5)
constexpr std::size_t longest_plain = 998;  // RFC 5322, section 2.1.1

[[noreturn]] void refuse(std::string_view text, const std::string& hint) {
  throw error{make_error_code(errc::malformed), "write mail header", escape(text), hint};
}

bool is_control(char c) { return (c >= 0 && c < ' ' && c != '\t') || c == 127; }

void check(std::string_view value) {
  if (std::ranges::any_of(value, is_control)) refuse(value, "a header is one line, without control bytes");
}

std::string field_line(std::string_view name, std::string_view value) {
  return fmt::format("{}: {}\r\n", name, value);
}

/// A header of our own, or what was given in its place.
std::string line_of(const mail_heading& heading, std::string_view name, const std::string& value) {
  return find_field(heading.others, name) || value.empty() ? std::string{} : field_line(name, value);
}

std::string subject_line(const mail_heading& heading) {
  const bool is_there = find_field(heading.others, "Subject") != nullptr;
  return is_there || heading.subject.empty() ? std::string{} : text_header_line("Subject", heading.subject);
}

/// How it is encoded is ours to say; of what is made of parts, all that MIME says.
void check_mime(const header_field& given, bool has_attachments) {
  const std::string name = lower(given.name);
  if (name == "content-transfer-encoding") refuse(given.name, "how a text goes is decided by what is in it");
  if (has_attachments && (name.starts_with("content-") || name == "mime-version"))
    refuse(given.name, "a mail with attachments has parts, whose headers are made");
}

std::string domain_of(const mailbox& from) { return from.address.substr(from.address.rfind('@') + 1); }

std::string encoded(char each) { return fmt::format("={:02X}", static_cast<unsigned char>(each)); }

struct type_row {
  std::string_view ending, type;
};
constexpr std::array types{
    type_row{".txt", "text/plain"},      type_row{".html", "text/html"},
    type_row{".csv", "text/csv"},        type_row{".json", "application/json"},
    type_row{".pdf", "application/pdf"}, type_row{".zip", "application/zip"},
    type_row{".png", "image/png"},       type_row{".jpg", "image/jpeg"},
    type_row{".jpeg", "image/jpeg"},     type_row{".gif", "image/gif"},
    type_row{".svg", "image/svg+xml"},
};

std::string_view type_of(std::string_view name) {
  const std::string lowered = lower(name);
  const auto* const found =
      std::ranges::find_if(types, [&](const type_row& each) { return lowered.ends_with(each.ending); });
  return found == types.end() ? "application/octet-stream" : found->type;
}

bool is_attribute_char(char c) {
  return is_letter(c) || is_digit(c) || std::string_view{"!#$&+-.^_`{|}~"}.find(c) != std::string_view::npos;
}

/// RFC 2231, sections 3 and 4: in pieces, since a line has an end.
std::string extended_name(std::string_view name) {
  constexpr std::size_t longest_piece = 60;
  std::string all;
  std::string piece = valid_utf8(name) ? "UTF-8''" : "ISO-8859-1''";
  for (std::size_t at = 0, number = 0; at <= name.size(); ++at) {
    const bool is_end = at == name.size();
    if (is_end || piece.size() > longest_piece) {
      all += fmt::format(";\r\n filename*{}*={}", number++, piece);
      piece.clear();
    }
    if (is_end) break;
    piece += is_attribute_char(name[at]) ? std::string{name[at]}
                                         : fmt::format("%{:02X}", static_cast<unsigned char>(name[at]));
  }
  return all;
}

std::string name_parameter(std::string_view name) {
  const auto is_simple = [](char c) { return c >= ' ' && c < 127 && c != '"' && c != '\\'; };
  if (name.size() <= 60 && std::ranges::all_of(name, is_simple))
    return fmt::format(";\r\n filename=\"{}\"", name);
  return extended_name(name);
}

}  // namespace

bool is_plain_text(std::string_view text) noexcept {
  std::size_t column = 0;
  for (const char each : text) {
    column = each == '\n' ? 0 : column + 1;
    if (each < 0 || each == 0 || each == '\r' || each == 127 || column > longest_plain) return false;
  }
  return true;
}

void quoted_printable_lines::put(std::string_view form, std::string& lines) {
  if (column_ + form.size() > longest_quoted) {
    lines += "=\r\n";
    column_ = 0;
  }
  lines += form;
  column_ += form.size();
}

void quoted_printable_lines::end_line(std::string& lines) {
  lines += "\r\n";
  column_ = 0;
}

void quoted_printable_lines::let_go(bool ends_line, std::string& lines) {
  for (const char each : std::exchange(held_, {}))
    put(each == '\r' || ends_line ? encoded(each) : std::string{each}, lines);
}

void quoted_printable_lines::add_one(char each, std::string& lines) {
  const bool is_return = each == '\r' && !held_.ends_with('\r');
  if (each == '\n') {
    if (held_.ends_with('\r')) held_.pop_back();
    let_go(true, lines);
    end_line(lines);
  } else if (is_return) {
    held_ += each;
  } else {
    let_go(false, lines);
    if (each == ' ' || each == '\t' || each == '\r')
      held_ = each;
    else
      put(each > ' ' && each < 127 && each != '=' ? std::string{each} : encoded(each), lines);
  }
}

void quoted_printable_lines::add(std::string_view text, std::string& lines) {
  for (const char each : text) add_one(each, lines);
}

void quoted_printable_lines::finish(std::string& lines) {
  let_go(true, lines);
  if (column_ > 0) end_line(lines);
}

mail_composer::mail_composer(mail_heading heading, bool has_attachments, bool is_plain)
    : heading_{std::move(heading)}, has_attachments_{has_attachments}, is_plain_{is_plain} {
  for (const header_field& each : heading_.others) check_mime(each, has_attachments_);
  header_ = header();
}

std::string mail_composer::header() const {
  std::string text =
      line_of(heading_, "Date", header_date(heading_.date)) +
      line_of(heading_, "From", heading_.from.to_header()) + line_of(heading_, "To", to_header(heading_.to)) +
      line_of(heading_, "Cc", to_header(heading_.cc)) + subject_line(heading_) +
      line_of(heading_, "Message-ID", fmt::format("<{}@{}>", heading_.unique, domain_of(heading_.from)));
  for (const header_field& each : heading_.others)
    if (!equal_ignoring_case(each.name, "bcc")) text += text_header_line(each.name, each.value);
  return text + line_of(heading_, "MIME-Version", "1.0");
}

std::string mail_composer::text_header() const {
  const std::string type = is_plain_ ? "text/plain; charset=us-ascii" : "text/plain; charset=utf-8";
  return line_of(heading_, "Content-Type", type) +
         field_line("Content-Transfer-Encoding", is_plain_ ? "7bit" : "quoted-printable") + "\r\n";
}

std::string mail_composer::begin() {
  open_ = part::text;
  if (!has_attachments_) return header_ + text_header();
  return header_ +
         fmt::format("Content-Type: multipart/mixed; boundary=\"=_{0}\"\r\n\r\n--=_{0}\r\n",
                     heading_.unique) +
         text_header();
}

std::string mail_composer::add_text(std::string_view text) {
  std::string wire;
  if (!text.empty()) line_is_open_ = !text.ends_with('\n');
  if (!is_plain_) {
    quoted_.add(text, wire);
    return wire;
  }
  for (const char each : text) {
    if (each == '\n' && !after_return_) wire += '\r';
    wire += each;
    after_return_ = each == '\r';
  }
  return wire;
}

/// The line end before a boundary belongs to that (RFC 2046, section 5.1.1): a text that ends in one has
/// another.
void mail_composer::end_part(std::string& wire) {
  if (open_ == part::attachment) base64_.finish(wire);
  if (open_ != part::text) return;
  if (!is_plain_) quoted_.finish(wire);
  const bool is_plain_and_open = is_plain_ && line_is_open_;
  if (is_plain_and_open || (has_attachments_ && !line_is_open_)) wire += "\r\n";
  line_is_open_ = false;
}

std::string mail_composer::begin_attachment(std::string_view name) {
  check(name);
  std::string wire;
  end_part(wire);
  open_ = part::attachment;
  return wire + fmt::format(
                    "--=_{}\r\nContent-Type: {}\r\nContent-Transfer-Encoding: base64\r\n"
                    "Content-Disposition: attachment{}\r\n\r\n",
                    heading_.unique, type_of(name), name_parameter(name));
}

std::string mail_composer::add_bytes(std::string_view bytes) {
  std::string wire;
  base64_.add(bytes, wire);
  return wire;
}

std::string mail_composer::finish() {
  std::string wire;
  end_part(wire);
  if (has_attachments_) wire += fmt::format("--=_{}--\r\n", heading_.unique);
  return wire;
}

}  // namespace ahoy::inline v0
