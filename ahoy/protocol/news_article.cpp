#include <ahoy/address/ascii.hpp>
#include <ahoy/address/hostname.hpp>
#include <ahoy/error/error.hpp>
#include <ahoy/protocol/header_line.hpp>
#include <ahoy/protocol/news_article.hpp>

#include <algorithm>
#include <array>

namespace ahoy::inline v0 {

namespace {

constexpr std::array addressed{"from", "reply-to", "sender", "approved"};

bool is_host_character(char each) noexcept {
  return is_letter(each) || is_digit(each) || each == '-' || each == '.';
}

/// Of 'Alice <alice@example.org>' "example.org"; empty where there is none.
std::string_view domain_of(std::string_view from) noexcept {
  const auto at = from.rfind('@');
  if (at == from.npos) return {};
  const std::string_view rest = from.substr(at + 1);
  const auto* end = std::ranges::find_if_not(rest, is_host_character);
  return rest.substr(0, static_cast<std::size_t>(end - rest.begin()));
}

std::string line_of(const header_field& field) {
  const bool has_addresses = std::ranges::find(addressed, lower(field.name)) != addressed.end();
  return has_addresses ? address_header_line(field.name, field.value)
                       : text_header_line(field.name, field.value);
}

}  // namespace

std::string news_header::text() const {
  const std::array made{header_field{"From", from},
                        header_field{"Newsgroups", newsgroups},
                        header_field{"Subject", subject},
                        header_field{"Date", header_date(date)},
                        header_field{"Message-ID", message_id},
                        header_field{"MIME-Version", "1.0"},
                        header_field{"Content-Type", "text/plain; charset=UTF-8"},
                        header_field{"Content-Transfer-Encoding", "8bit"}};
  std::string lines;
  for (const header_field& each : made) {
    const auto is_it = [&](const header_field& other) { return equal_ignoring_case(other.name, each.name); };
    if (std::ranges::any_of(others, is_it)) continue;
    if (each.value.empty())
      throw error{make_error_code(errc::malformed), "write header", each.name, "an article has to have one"};
    lines += line_of(each);
  }
  for (const header_field& each : others) lines += line_of(each);
  return lines + "\r\n";
}

std::string new_message_id(std::string_view from) {
  const std::string_view domain = domain_of(from);
  return "<" + unique_word() + "@" + (domain.empty() ? gethostname() : std::string{domain}) + ">";
}

}  // namespace ahoy::inline v0
