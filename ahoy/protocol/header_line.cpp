#include <ahoy/error/error.hpp>
#include <ahoy/error/escape.hpp>
#include <ahoy/protocol/encoded_word.hpp>
#include <ahoy/protocol/header_line.hpp>
#include <ahoy/protocol/mail_address.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <vector>

namespace ahoy::inline v0 {

namespace {

[[noreturn]] void refuse(std::string_view text, const std::string& hint) {
  throw error{make_error_code(errc::malformed), "write header", escape(text), hint};
}

bool is_ascii(std::string_view text) noexcept {
  return std::ranges::all_of(text, [](char each) { return static_cast<unsigned char>(each) < 0x80; });
}

void check(std::string_view name, std::string_view text) {
  const auto is_of_name = [](char each) { return each > ' ' && each < 0x7f && each != ':'; };
  const auto is_control = [](char each) { return static_cast<unsigned char>(each) < ' ' || each == 0x7f; };
  if (name.empty() || !std::ranges::all_of(name, is_of_name))
    refuse(name, "a header's name is of printable ASCII, without spaces");
  if (std::ranges::any_of(text, is_control)) refuse(text, "a header is one line, without control bytes");
  if (!valid_utf8(text)) refuse(text, "a header is UTF-8");
}

std::string line_of(std::string_view name, const std::string& value) {
  return std::string{name} + ": " + value + "\r\n";
}

}  // namespace

std::string text_header_line(std::string_view name, std::string_view text) {
  check(name, text);
  return line_of(name, encode_words(text));
}

std::string address_header_line(std::string_view name, std::string_view addresses) {
  check(name, addresses);
  const std::vector<mailbox> all = parse_mailboxes(addresses);
  const auto is_strange = [](const mailbox& each) { return !is_ascii(each.address); };
  if (std::ranges::any_of(all, is_strange))
    refuse(addresses, "an address is ASCII; a name before it may be anything: 'NAME <USER@HOST>'");
  return line_of(name, to_header(all));
}

std::string header_date(std::chrono::system_clock::time_point when) {
  constexpr std::array days{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr std::array months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                              "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const auto day = std::chrono::floor<std::chrono::days>(when);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss time{std::chrono::floor<std::chrono::seconds>(when - day)};
  return fmt::format("{}, {:02} {} {:04} {:02}:{:02}:{:02} +0000",
                     days[std::chrono::weekday{day}.c_encoding()], static_cast<unsigned>(date.day()),
                     months[static_cast<unsigned>(date.month()) - 1], static_cast<int>(date.year()),
                     time.hours().count(), time.minutes().count(), time.seconds().count());
}

}  // namespace ahoy::inline v0
