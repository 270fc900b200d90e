#include <ahoy/command/json.hpp>
#include <ahoy/command/usage_error.hpp>
#include <ahoy/error/escape.hpp>
#include <ahoy/internet/access.hpp>
#include <ahoy/internet/fetch_job.hpp>
#include <ahoy/protocol/leave.hpp>
#include <ahoy/protocol/mail_login.hpp>
#include <ahoy/protocol/pop3.hpp>
#include <ahoy/protocol/pop3_url.hpp>

#include <fmt/format.h>

namespace ahoy::inline v0 {

namespace {

std::string line_of(const pop3_entry& entry, bool as_json) {
  if (!as_json) return fmt::format("{:>6} {:>10}  {}\n", entry.number, entry.size, escape(entry.unique));
  json_row row;
  return row.add("number", entry.number).add("size", entry.size).add("uidl", entry.unique).line();
}

task<> fetch_list(fetch_job& job, pop3_client& client) {
  const std::vector<pop3_entry> all = co_await client.list();
  for (const pop3_entry& each : all) {
    const std::string line = line_of(each, job.given.json);
    co_await job.to.write(line);
  }
}

task<> ask_for(const fetch_options& given, pop3_client& client, std::uint64_t number) {
  if (given.head || given.top) return client.top(number, given.head ? 0 : *given.top);
  return client.retrieve(number);
}

task<> fetch_message(fetch_job& job, pop3_client& client, std::uint64_t number) {
  co_await ask_for(job.given, client, number);
  std::uint64_t size = 0;
  for (;;) {
    const std::string piece = co_await client.receive();
    if (piece.empty()) break;
    size += piece.size();
    if (size > job.access.max_size)
      throw error{make_error_code(errc::too_long), "fetch from", escape(job.given.to.host.text()),
                  fmt::format("it is more than {} bytes", job.access.max_size)};
    co_await job.to.write(piece);
  }
  if (!job.given.remove) co_return;
  co_await job.to.finish();  // what is not written is not deleted
  co_await client.remove(number);
}

void check(const fetch_options& given, bool is_message) {
  if (!is_message && (given.remove || given.head || given.top))
    throw usage_error(usage_errc::contradictory, "URL", given.to.to_string(),
                      "name a message by its number: pop3://localhost/3");
  if (given.remove && (given.head || given.top))
    throw usage_error(usage_errc::contradictory, "--delete", "", "only what was fetched whole is deleted");
}

}  // namespace

task<> fetch_pop3(fetch_job& job) {
  const std::optional<std::uint64_t> number = parse_pop3_path(job.given.to.path);
  check(job.given, number.has_value());
  check_json(job.given, !number);
  mail_login in = co_await log_in_to_mail(job.by, server_url_of(job.given), job.access);
  pop3_client client{std::move(in.over), job.access.observer};
  if (number)
    co_await fetch_message(job, client, *number);
  else
    co_await fetch_list(job, client);
  if (job.given.remove)
    co_await client.quit();  // which is what deletes
  else
    co_await leave(job.by, client.quit());
}

}  // namespace ahoy::inline v0
