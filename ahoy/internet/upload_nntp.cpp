#include <ahoy/command/usage_error.hpp>
#include <ahoy/internet/header_words.hpp>
#include <ahoy/internet/server_word.hpp>
#include <ahoy/internet/upload_job.hpp>
#include <ahoy/protocol/leave.hpp>
#include <ahoy/protocol/mail_header.hpp>
#include <ahoy/protocol/news_article.hpp>
#include <ahoy/protocol/nntp.hpp>
#include <ahoy/protocol/nntp_url.hpp>

namespace ahoy::inline v0 {

namespace {

/// Else standard input is a whole article.
bool makes_header(const upload_options& given) {
  return !given.messages.empty() || !given.subject.empty() || !given.from.empty() || !given.headers.empty();
}

/// What an article must have comes of an option of that name, or of --header.
void check_has(const std::string& value, const std::vector<header_field>& others, const std::string& name,
               const std::string& hint) {
  if (value.empty() && !find_field(others, name))
    throw usage_error(usage_errc::missing, "--" + name, "", hint);
}

/// Before anything is connected. Empty where the article has its own.
std::string header_of(const upload_job& job) {
  news_header made;
  made.newsgroups = parse_newsgroups(job.given.to.path);
  if (!makes_header(job.given)) {
    if (made.newsgroups.empty()) return {};
    throw usage_error(
        usage_errc::contradictory, "newsgroup", made.newsgroups,
        "a whole article on standard input names its newsgroups itself: leave it out of the URL, or "
        "write --from and --subject, so that standard input is the body");
  }
  made.others = fields_of(job.given.headers);
  check_has(job.given.from, made.others, "from", "say who it is from: --from 'Alice <alice@example.org>'");
  check_has(job.given.subject, made.others, "subject", "an article has one: --subject TEXT");
  made.from = job.given.from;
  made.subject = job.given.subject;
  made.date = job.by.time_of_day();
  made.message_id = new_message_id(made.from);
  return made.text();
}

task<> send_body(upload_job& job, nntp_client& to) {
  for (;;) {
    std::optional<std::string> piece = co_await job.next();
    if (!piece) break;
    if (!job.given.messages.empty()) *piece += '\n';  // each is a line
    co_await to.send_article(*piece);
    job.is_in_doubt = true;
  }
}

}  // namespace

task<> upload_nntp(upload_job& job) {
  const std::string header = header_of(job);
  auto client = co_await connect_nntp(job.by, job.given.to, job.access);
  co_await client->begin_article();
  co_await client->send_article(header);
  co_await send_body(job, *client);
  const std::string said = co_await client->finish_article();
  job.is_in_doubt = false;
  co_await write_word_of_server(job, said);
  co_await leave(job.by, client->quit());
}

}  // namespace ahoy::inline v0
