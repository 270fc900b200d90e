#include <ahoy/command/notice.hpp>
#include <ahoy/command/usage_error.hpp>
#include <ahoy/error/escape.hpp>
#include <ahoy/internet/access.hpp>
#include <ahoy/internet/outgoing_mail.hpp>
#include <ahoy/internet/server_word.hpp>
#include <ahoy/internet/upload_job.hpp>
#include <ahoy/protocol/leave.hpp>
#include <ahoy/protocol/mail_login.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace ahoy::inline v0 {

namespace {

std::unique_ptr<outgoing_mail> mail_of(upload_job& job) {
  const upload_options& given = job.given;
  const bool is_whole = given.messages.empty() && given.subject.empty() && given.attachments.empty();
  return is_whole ? whole_mail(job) : composed_mail(job);
}

void tell(const std::vector<smtp_refusal>& refused) {
  for (const smtp_refusal& each : refused)
    notice(fmt::format("{} is refused: {}", escape(each.recipient), escape(each.reply)));
}

task<> hand_over(upload_job& job, outgoing_mail& mail, smtp_client& client) {
  for (;;) {
    const std::optional<std::string> piece = co_await mail.next();
    if (!piece) break;
    co_await client.send(*piece);
  }
  const smtp_reply last = co_await client.finish();
  co_await write_word_of_server(job, last.text);
}

task<> hand_over_and_tell(upload_job& job, outgoing_mail& mail, smtp_client& client) {
  try {
    co_await hand_over(job, mail, client);
  } catch (const error& why) {
    const bool is_stopped = why.code() == std::errc::operation_canceled;
    if (!client.is_in_doubt() || why.code() == errc::refused || is_stopped) throw;
    job.doubt(why);
  }
}

void check_url(const upload_options& given) {
  if (given.to.path.size() > 1)
    throw usage_error(usage_errc::contradictory, "URL", given.to.to_string(),
                      "a mail goes to a server, which has no paths; --to names who gets it");
}

/// A server without AUTH takes mail from anybody, whoever they say that they are.
void check_login(const upload_job& job, const mail_login& in) {
  const auto is_auth = [](const std::string& each) { return each.starts_with("AUTH "); };
  if (job.access.login.empty() || std::ranges::any_of(in.extensions, is_auth)) return;
  if (job.given.user)
    throw error{make_error_code(errc::login_refused), "log in to", in.over->peer(), "the server has no AUTH"};
  notice("the server has no AUTH: the login that ~/.netrc has for it is not used");
}

}  // namespace

task<> upload_smtp(upload_job& job) {
  check_url(job.given);
  const std::unique_ptr<outgoing_mail> mail = mail_of(job);
  const smtp_envelope envelope = co_await mail->prepare();
  if (envelope.to.empty())
    throw usage_error(usage_errc::missing, "--to", "", "say who the mail is for: --to bob@example.org");
  mail_login in = co_await log_in_to_mail(job.by, server_url_of(job.given), job.access);
  check_login(job, in);
  const std::string server = in.over->peer();
  smtp_client client{std::move(in.over), std::move(in.extensions), job.access.observer};
  const std::vector<smtp_refusal> refused = co_await client.begin(envelope);
  tell(refused);
  const bool nobody_gets_it = refused.size() == envelope.to.size();
  if (!nobody_gets_it) co_await hand_over_and_tell(job, *mail, client);
  if (job.ended != status::done) co_return;
  co_await leave(job.by, client.quit());
  if (!refused.empty())
    throw error{make_error_code(errc::refused), "send to", server,
                nobody_gets_it ? "nobody gets it"
                               : fmt::format("{} of {} recipients were refused; the others get it",
                                             refused.size(), envelope.to.size())};
}

}  // namespace ahoy::inline v0
