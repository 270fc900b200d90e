#include <ahoy/command/json.hpp>
#include <ahoy/command/usage_error.hpp>
#include <ahoy/error/escape.hpp>
#include <ahoy/internet/access.hpp>
#include <ahoy/internet/fetch_job.hpp>
#include <ahoy/internet/ftp_url.hpp>

#include <fmt/format.h>

namespace ahoy::inline v0 {

namespace {

std::string line_of(const ftp_entry& entry, bool as_json) {
  if (!as_json)
    return fmt::format("{:<7}{:>12}  {:<20}  {}{}\n", to_string(entry.kind),
                       entry.size ? std::to_string(*entry.size) : "", escape(entry.modified),
                       escape(entry.name), entry.target.empty() ? "" : " -> " + escape(entry.target));
  json_row row;
  row.add("name", entry.name).add("kind", to_string(entry.kind));
  if (entry.size) row.add("size", *entry.size);
  if (!entry.modified.empty()) row.add("modified", entry.modified);
  if (!entry.target.empty()) row.add("target", entry.target);
  return row.line();
}

task<> fetch_folder(fetch_job& job, ftp_client& server, const std::string& folder) {
  server.list(folder);
  for (;;) {
    const std::optional<ftp_entry> entry = co_await server.next_entry();
    if (!entry) break;
    const std::string line = line_of(*entry, job.given.json);
    co_await job.to.write(line);
  }
}

/// What tells this state of a file from every other; empty where the server does not say when it was changed.
std::string validator_of(const ftp_facts& facts) {
  return facts.size && facts.modified ? fmt::format("{} {}", *facts.modified, *facts.size) : "";
}

task<> check_what_is_there(fetch_job& job, ftp_client& server, const ftp_path& path) {
  const ftp_facts facts = co_await server.facts(path.path);
  std::string now = validator_of(facts);
  if (now.empty() || now != job.to.validator() || *facts.size < job.to.there())
    job.to.start_over(std::move(now));
}

task<> fetch_file(fetch_job& job, ftp_client& server, const ftp_path& path) {
  if (job.given.resume) co_await check_what_is_there(job, server, path);
  if (job.given.range.empty())
    server.retrieve(path, job.to.there());
  else
    server.retrieve_range(path, job.given.range);
  co_await copy_to(job, server);
}

/// Of these it is not known which byte of the server's the next one of ours would be.
void check_resuming(const fetch_options& given, const ftp_path& path) {
  if (given.resume && (path.is_folder || path.is_text))
    throw usage_error(usage_errc::contradictory, "option --resume and", given.to.to_string(),
                      path.is_folder ? "a folder is listed anew" : "text is fetched anew: without ;type=a");
}

}  // namespace

task<> fetch_ftp(fetch_job& job) {
  const ftp_path path = ftp_path_of(job.given);
  check_resuming(job.given, path);
  check_json(job.given, path.is_folder);
  ftp_client server{job.by, server_url_of(job.given), job.access, job.given.active};
  if (path.is_folder)
    co_await fetch_folder(job, server, path.path);
  else
    co_await fetch_file(job, server, path);
}

}  // namespace ahoy::inline v0
