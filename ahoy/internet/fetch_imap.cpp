#include <ahoy/command/json.hpp>
#include <ahoy/command/usage_error.hpp>
#include <ahoy/error/escape.hpp>
#include <ahoy/internet/access.hpp>
#include <ahoy/internet/fetch_job.hpp>
#include <ahoy/protocol/imap.hpp>
#include <ahoy/protocol/imap_url.hpp>
#include <ahoy/protocol/leave.hpp>
#include <ahoy/protocol/mail_login.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace ahoy::inline v0 {

namespace {

/// Lines are written together, so that a long list is not a system call for each.
constexpr std::size_t most_gathered = std::size_t{64} * 1024;

std::string joined(const std::vector<std::string>& words) {
  std::string all;
  for (const std::string& each : words) all += (all.empty() ? "" : " ") + each;
  return all;
}

std::string line_of(const imap_mailbox& mailbox, bool as_json) {
  if (!as_json)
    return fmt::format("{}\t{}\n", escape_controls(mailbox.name),
                       escape_controls(joined(mailbox.attributes)));
  json_row row;
  row.add("name", mailbox.name)
      .add("delimiter", mailbox.delimiter)
      .add("attributes", joined(mailbox.attributes));
  return row.line();
}

std::string line_of(const imap_entry& entry, bool as_json) {
  if (as_json) {
    json_row row;
    row.add("uid", entry.uid).add("number", entry.number).add("date", entry.date).add("from", entry.from);
    row.add("subject", entry.subject).add("size", entry.size).add("flags", joined(entry.flags));
    row.add("received", entry.received);
    return row.line();
  }
  return fmt::format("{}\t{}\t{}\t{}\t{}\t{}\n", entry.uid, escape_controls(entry.date),
                     escape_controls(entry.from), escape_controls(entry.subject), entry.size,
                     escape_controls(joined(entry.flags)));
}

error too_long(const fetch_job& job) {
  return {make_error_code(errc::too_long), "receive from", escape(job.given.to.host.text()),
          fmt::format("it is more than {} bytes", job.access.max_size)};
}

task<> write(fetch_job& job, std::string_view piece) {
  if (piece.size() > job.access.max_size - std::min(job.access.max_size, job.to.written()))
    throw too_long(job);
  return job.to.write(piece);
}

task<> write_mailboxes(fetch_job& job, imap_client& from) {
  const std::vector<imap_mailbox> all = co_await from.mailboxes();
  for (const imap_mailbox& each : all) {
    const std::string line = line_of(each, job.given.json);
    co_await write(job, line);
  }
}

task<> write_entries(fetch_job& job, imap_client& from) {
  std::string lines;
  for (;;) {
    const std::optional<imap_entry> entry = co_await from.next();
    if (entry) lines += line_of(*entry, job.given.json);
    const bool is_due = !entry || lines.size() >= most_gathered;
    if (is_due && !lines.empty()) co_await write(job, lines);
    if (is_due) lines.clear();
    if (!entry) break;
  }
}

task<> ask_for_found(fetch_job& job, imap_client& from, const std::string& program) {
  std::vector<std::uint32_t> found = co_await from.search(program, job.given.search);
  const std::uint64_t most = job.given.last.value_or(UINT64_MAX);
  if (found.size() > most) found.erase(found.begin(), found.end() - static_cast<std::ptrdiff_t>(most));
  co_await from.list(std::move(found));
}

task<> fetch_list(fetch_job& job, imap_client& from, const imap_url& what, const imap_selection& there) {
  const std::uint64_t count = std::min<std::uint64_t>(job.given.last.value_or(UINT64_MAX), there.messages);
  if (count == 0) co_return;
  if (!what.search.empty() || !job.given.search.empty())
    co_await ask_for_found(job, from, what.search);
  else
    co_await from.list(there.messages - static_cast<std::uint32_t>(count) + 1, there.messages);
  co_await write_entries(job, from);
}

std::string section_of(const fetch_options& given, const imap_url& what) {
  if (given.head) return "HEADER";
  return given.body ? "TEXT" : what.section;
}

void check_can_delete(const fetch_job& job, const imap_client& from) {
  if (job.given.remove && !from.capabilities().has("UIDPLUS"))
    throw error{make_error_code(errc::refused), "delete at", escape(job.given.to.host.text()),
                "it cannot delete one message alone (it has no UIDPLUS); nothing was fetched"};
}

task<> remove(imap_client& at, std::uint32_t uid) {
  const std::vector<std::uint32_t> one(1, uid);
  const std::vector<std::string> deleted(1, "\\Deleted");
  co_await at.store(one, imap_flags::add, deleted);
  co_await at.expunge(one);
}

/// "1.2" of "1.2.HEADER"; empty where the section is not in a part.
std::string part_in(std::string_view section) {
  const auto end = std::min(section.find_first_not_of("0123456789."), section.size());
  const auto last = section.substr(0, end).find_last_not_of('.');
  return std::string{section.substr(0, last == section.npos ? 0 : last + 1)};
}

/// Some servers send an empty part where there is none. One that is there has a header of its own, be it the
/// empty line behind it.
task<> check_part(const fetch_job& job, imap_client& from, const imap_url& what) {
  const std::string part = part_in(what.section);
  if (part.empty() || job.to.written() > 0) co_return;
  co_await from.fetch(*what.uid, part + ".MIME");
  const bool is_there = from.left() > 0;
  for (;;) {
    const std::string piece = co_await from.receive();
    if (piece.empty()) break;
  }
  if (!is_there)
    throw error{make_error_code(errc::not_there), "find at", escape(job.given.to.host.text()),
                fmt::format("the message has no part {}", part)};
}

task<> fetch_message(fetch_job& job, imap_client& from, const imap_url& what) {
  check_can_delete(job, from);
  co_await from.fetch(*what.uid, section_of(job.given, what));
  job.total = from.left();
  if (from.left() > job.access.max_size) throw too_long(job);
  for (;;) {
    const std::string piece = co_await from.receive();
    if (piece.empty()) break;
    co_await write(job, piece);
  }
  co_await check_part(job, from, what);
  if (!job.given.remove) co_return;
  co_await job.to.finish();  // what is not written is not deleted
  co_await remove(from, *what.uid);
}

void check_message(const fetch_options& given, const imap_url& what) {
  if (!given.search.empty() || given.last)
    throw usage_error(usage_errc::contradictory, "URL", given.to.to_string(),
                      "--search and --last are of a mailbox: imap://HOST/INBOX");
  if ((given.head ? 1 : 0) + (given.body ? 1 : 0) + (what.section.empty() ? 0 : 1) > 1)
    throw usage_error(usage_errc::contradictory, "--head, --body and ;SECTION=", "", "leave out all but one");
  if (given.remove && (given.head || given.body || !what.section.empty()))
    throw usage_error(usage_errc::contradictory, "--delete", "", "only what was fetched whole is deleted");
}

void check_list(const fetch_options& given, const imap_url& what) {
  if (given.remove || given.head || given.body)
    throw usage_error(usage_errc::contradictory, "URL", given.to.to_string(),
                      "name a message by its UID: imap://HOST/INBOX;UID=3");
  if (what.mailbox.empty() && (!given.search.empty() || given.last))
    throw usage_error(usage_errc::contradictory, "URL", given.to.to_string(),
                      "name a mailbox: imap://HOST/INBOX");
}

void check(const fetch_options& given, const imap_url& what) {
  check_imap_words(given.search);
  check_json(given, !what.uid);
  what.uid ? check_message(given, what) : check_list(given, what);
}

/// Before anything is connected.
void check_either(const fetch_options& given, const imap_url& what) {
  const auto message = as_imap_message(what);
  const bool asks_for_message = given.remove || given.head || given.body;
  check(given, message && asks_for_message ? *message : what);
}

task<imap_selection> open(fetch_job& job, imap_client& at, std::string mailbox) {
  return job.given.remove ? at.select(std::move(mailbox)) : at.examine(std::move(mailbox));
}

/// Nothing where it is not there.
task<std::optional<imap_selection>> open_if_there(fetch_job& job, imap_client& at, std::string mailbox) {
  try {
    std::optional<imap_selection> there = co_await open(job, at, std::move(mailbox));
    co_return there;
  } catch (const error& failure) {
    if (failure.code() != errc::not_there) throw;
  }
  co_return std::nullopt;
}

/// What may be a mailbox or a message is the mailbox, if there is one of that name.
task<imap_selection> open_what_is_there(fetch_job& job, imap_client& at, imap_url& what) {
  std::optional<imap_url> message = as_imap_message(what);
  std::optional<imap_selection> there;
  if (message) there = co_await open_if_there(job, at, what.mailbox);
  if (there) co_return *there;
  if (message) what = *std::move(message);
  const imap_selection selected = co_await open(job, at, what.mailbox);
  co_return selected;
}

task<> fetch_of_mailbox(fetch_job& job, imap_client& from, imap_url what) {
  const imap_selection there = co_await open_what_is_there(job, from, what);
  check(job.given, what);
  if (what.uid_validity && there.uid_validity != *what.uid_validity)
    throw error{make_error_code(errc::not_there), "fetch from", escape(job.given.to.host.text()),
                fmt::format("UIDs are others now: UIDVALIDITY is {}", there.uid_validity)};
  if (what.uid)
    co_await fetch_message(job, from, what);
  else
    co_await fetch_list(job, from, what, there);
}

}  // namespace

task<> fetch_imap(fetch_job& job) {
  const imap_url what = parse_imap_url(job.given.to.path);
  check_either(job.given, what);
  mail_login in = co_await log_in_to_mail(job.by, server_url_of(job.given), job.access);
  imap_client client{std::move(in.over), job.access.observer};
  co_await client.begin();
  if (what.mailbox.empty())
    co_await write_mailboxes(job, client);
  else
    co_await fetch_of_mailbox(job, client, what);
  co_await leave(job.by, client.logout());
}

}  // namespace ahoy::inline v0
