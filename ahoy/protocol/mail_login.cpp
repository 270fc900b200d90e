#include <ahoy/error/error.hpp>
#include <ahoy/protocol/mail_login.hpp>
#include <ahoy/protocol/transfer.hpp>
#include <ahoy/protocol/transfer_error.hpp>

#include <curl/curl.h>

namespace ahoy::inline v0 {

namespace {

constexpr std::size_t most_lines = 256;

bool is_smtp(std::string_view url) { return url.starts_with("smtp"); }

/// What has been said until somebody was let in.
struct greeting {
  smtp_extensions_reader extensions;
  bool is_let_in = false;  // without a login, as IMAP may (RFC 9051, section 7.1.4)

  void take(std::string_view line) {
    extensions.take(line);
    if (line.starts_with("* PREAUTH")) is_let_in = true;
  }
};

}  // namespace

/// The first line of a reply to EHLO is the server's name. What was said before TLS does not count (RFC 3207,
/// section 4.2): 220 begins anew.
void smtp_extensions_reader::take(std::string_view line) {
  if (line.starts_with("220")) lines_.clear();
  if (line.starts_with("250") && line.size() > 4 && lines_.size() < most_lines)
    lines_.emplace_back(line.substr(4));
}

std::vector<std::string> smtp_extensions_reader::extensions() && {
  if (!lines_.empty()) lines_.erase(lines_.begin());
  return std::move(lines_);
}

task<mail_login> log_in_to_mail(engine& by, std::string url, transfer_options how) {
  auto connected = std::make_unique<transfer>(by, url, how);
  auto said = std::make_shared<greeting>();
  connected->follow_replies([said](std::string_view line) { said->take(line); });
  connected->set(CURLOPT_CONNECT_ONLY, 1L);
  connected->begin();
  co_await connected->finish();
  connected->follow_replies({});
  if (how.login.empty() && !is_smtp(url) && !said->is_let_in)
    throw error{make_error_code(errc::login_refused), "log in to", connected->server(),
                "it asks who we are, and there is no user name"};
  mail_login in;
  in.extensions = std::move(said->extensions).extensions();
  in.over = carry_over(std::move(connected));
  co_return in;
}

}  // namespace ahoy::inline v0
