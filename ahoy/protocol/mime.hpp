#pragma once
#include <ahoy/message/base64.hpp>
#include <ahoy/protocol/mail_address.hpp>
#include <ahoy/protocol/mail_header.hpp>

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ahoy::inline v0 {

/// What a mail's header says. Who gets a copy that nobody is told of is in none.
struct mail_heading {
  mail_heading() = default;

  mailbox from;
  std::vector<mailbox> to, cc;
  std::string subject;  ///< UTF-8
  /// One of them takes the place of what would be made: Date, or Content-Type of a mail without attachments.
  std::vector<header_field> others;
  std::chrono::system_clock::time_point date;
  std::string
      unique;  ///< letters and digits that no other mail has: of the Message-ID, and between the parts
};

/// Quoted-printable (RFC 2045, section 6.7), piece by piece. Lines end in CR LF or LF, and are told from
/// bytes by that.
class quoted_printable_lines {
 public:
  void add(std::string_view text, std::string& lines);
  void finish(std::string& lines);

 private:
  void add_one(char each, std::string& lines);
  void put(std::string_view form, std::string& lines);
  void let_go(bool ends_line, std::string& lines);
  void end_line(std::string& lines);
  std::size_t column_ = 0;
  std::string held_;  // a blank, which must not end a line, and a return, which may be part of its end
};

/// Makes a message of RFC 5322 and MIME, piece by piece, so that none need be whole in memory: begin(), then
/// add_text() of the body, then for each attachment begin_attachment() and add_bytes(), and finish(). What
/// each returns follows what the one before has returned. Lines end in CR LF. No input or output here.
class mail_composer {
 public:
  /// `is_plain`: all of the body will be ASCII in lines of bearable length, and goes as it is; else
  /// as quoted-printable.
  /// Throws error (malformed): a control byte in what becomes a header; among the others a
  /// Content-Transfer-Encoding, or with attachments any header of MIME.
  mail_composer(mail_heading heading, bool has_attachments, bool is_plain);

  [[nodiscard]] std::string begin();
  [[nodiscard]] std::string add_text(std::string_view text);
  /// `name` without a folder. UTF-8 is named so; what is no UTF-8 is taken for ISO 8859-1 (RFC 2231).
  [[nodiscard]] std::string begin_attachment(std::string_view name);
  [[nodiscard]] std::string add_bytes(std::string_view bytes);
  [[nodiscard]] std::string finish();

 private:
  [[nodiscard]] std::string header() const;
  [[nodiscard]] std::string text_header() const;
  void end_part(std::string& wire);
  enum class part { none, text, attachment };

  mail_heading heading_;
  std::string header_;
  bool has_attachments_, is_plain_;
  part open_ = part::none;
  bool line_is_open_ = false;  // of the body
  bool after_return_ = false;
  quoted_printable_lines quoted_;
  base64_lines base64_;
};

/// Whether a body may go as it is.
[[nodiscard]] bool is_plain_text(std::string_view text) noexcept;

}  // namespace ahoy::inline v0
