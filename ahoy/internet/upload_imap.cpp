#include <ahoy/command/standard_streams.hpp>
#include <ahoy/command/usage_error.hpp>
#include <ahoy/internet/access.hpp>
#include <ahoy/internet/mail_spool.hpp>
#include <ahoy/internet/outgoing_mail.hpp>
#include <ahoy/internet/server_word.hpp>
#include <ahoy/internet/upload_job.hpp>
#include <ahoy/protocol/imap.hpp>
#include <ahoy/protocol/imap_url.hpp>
#include <ahoy/protocol/leave.hpp>
#include <ahoy/protocol/mail_header.hpp>
#include <ahoy/protocol/mail_login.hpp>

namespace ahoy::inline v0 {

namespace {

/// Where mail goes to.
std::string mailbox_of(const upload_options& given) {
  const imap_url what = parse_imap_url(given.to.path);
  const bool is_mailbox = !what.mailbox.empty() && !what.uid && !what.uid_validity && what.search.empty();
  if (!is_mailbox)
    throw usage_error(usage_errc::contradictory, "URL", given.to.to_string(),
                      "a mail goes to a mailbox: imap://HOST/INBOX");
  return what.mailbox;
}

/// Else standard input is all of it.
bool is_composed(const upload_options& given) {
  const bool has_header = !given.from.empty() || !given.subject.empty() || !given.recipients.empty() ||
                          !given.copies.empty() || !given.headers.empty();
  return has_header || !given.messages.empty() || !given.attachments.empty();
}

task<> spool_composed(upload_job& job, mail_spool& spool) {
  const std::unique_ptr<outgoing_mail> mail = composed_mail(job);
  (void)co_await mail->prepare();
  for (;;) {
    const std::optional<std::string> piece = co_await mail->next();
    if (!piece) break;
    spool.add(*piece);
  }
}

/// As it is: who gets a hidden copy is kept, too.
task<> spool_whole(upload_job& job, mail_spool& spool) {
  for (;;) {
    const std::optional<std::string> piece = co_await job.next();
    if (!piece) break;
    spool.add(*piece);
  }
  if (!begins_with_field(spool.beginning()))
    throw input_error(
        make_error_code(errc::malformed),
        "no header stands before the text: --from ADDRESS and --subject TEXT make a mail of it");
}

task<imap_appended> append(upload_job& job, imap_client& to, std::string mailbox, mail_spool& spool) {
  co_await to.begin_append(std::move(mailbox), spool.size());
  for (;;) {
    const std::string piece = spool.read();
    if (piece.empty()) break;
    co_await to.send(piece);
    job.sent += piece.size();
  }
  imap_appended done = co_await to.finish_append();
  co_return done;
}

task<> append_and_tell(upload_job& job, imap_client& to, std::string mailbox, mail_spool& spool) {
  try {
    const imap_appended done = co_await append(job, to, std::move(mailbox), spool);
    co_await write_word_of_server(job, done.said);
  } catch (const error& why) {
    const bool is_stopped = why.code() == std::errc::operation_canceled;
    if (!to.is_in_doubt() || is_stopped) throw;
    job.doubt(why);
  }
}

}  // namespace

task<> upload_imap(upload_job& job) {
  const std::string mailbox = mailbox_of(job.given);
  mail_spool spool;
  if (is_composed(job.given))
    co_await spool_composed(job, spool);
  else
    co_await spool_whole(job, spool);
  // From here on it counts how much of that is sent; what was read before is some other size.
  job.sent = 0;
  job.more = spool.size() - job.size().value_or(0);
  mail_login in = co_await log_in_to_mail(job.by, server_url_of(job.given), job.access);
  imap_client client{std::move(in.over), job.access.observer};
  co_await client.begin();
  co_await append_and_tell(job, client, mailbox, spool);
  if (job.ended != status::done) co_return;
  co_await leave(job.by, client.logout());
}

}  // namespace ahoy::inline v0
