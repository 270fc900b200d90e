#include <ahoy/command/usage_error.hpp>
#include <ahoy/internet/header_words.hpp>
#include <ahoy/internet/upload_job.hpp>
#include <ahoy/protocol/news_article.hpp>
#include <ahoy/protocol/nntp.hpp>
#include <ahoy/protocol/nntp_url.hpp>

namespace ahoy::inline v0 {

namespace {

/// Else standard input is a whole article.
bool makes_header(const upload_options& given) {
  return !given.messages.empty() || !given.subject.empty() || !given.from.empty() || !given.headers.empty();
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
  made.from = job.given.from;
  made.subject = job.given.subject;
  made.date = job.by.time_of_day();
  made.message_id = new_message_id(made.from);
  made.others = fields_of(job.given.headers);
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
  const std::string line = said + "\n";
  co_await job.write(line);
  co_await job.finish();
  co_await leave_nntp(job.by, *client);
}

}  // namespace ahoy::inline v0
