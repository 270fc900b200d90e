#include <ahoy/protocol/mail_header.hpp>
#include <ahoy/protocol/news_article.hpp>

#include "target.hpp"

// Lines: who it is from, the newsgroups, the subject, and then names and values of other fields.

namespace {

void check(const ahoy::news_header& header) {
  const std::string text = header.text();
  const auto fields = ahoy::parse_mail_header(text);
  fuzz::require(text.ends_with("\r\n\r\n") && ahoy::find_body(text) == text.size(),
                "a header ends where it ends");
  fuzz::require(fields.size() >= header.others.size() && fields.size() <= header.others.size() + 8,
                "a field is one line");
}

void read(std::string_view input) {
  ahoy::news_header header;
  header.from = fuzz::take_line(input);
  header.newsgroups = fuzz::take_line(input);
  header.subject = fuzz::take_line(input);
  header.message_id = ahoy::new_message_id(header.from);
  fuzz::require(fuzz::is_harmless(header.message_id) && header.message_id.find(' ') == std::string::npos,
                "a message-id is a word");
  while (!input.empty()) {
    const std::string name{fuzz::take_line(input)};
    header.others.emplace_back(name, std::string{fuzz::take_line(input)});
  }
  fuzz::accepts([&] { check(header); });
}

const fuzz::target news_article{"news_article", read};

}  // namespace
