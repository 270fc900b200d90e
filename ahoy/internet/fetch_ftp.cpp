#include <ahoy/command/json.hpp>
#include <ahoy/error/escape.hpp>
#include <ahoy/internet/access.hpp>
#include <ahoy/internet/fetch_job.hpp>
#include <ahoy/protocol/ftp.hpp>

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

task<> fetch_file(fetch_job& job, ftp_client& server, const ftp_path& path) {
  if (job.given.range.empty())
    server.retrieve(path, job.to.there());
  else
    server.retrieve_range(path, job.given.range);
  for (;;) {
    const std::string piece = co_await server.receive();
    if (piece.empty()) break;
    job.total = server.size().value_or(0) + job.to.there();
    co_await job.to.write(piece);
  }
}

}  // namespace

task<> fetch_ftp(fetch_job& job) {
  const ftp_path path = read_ftp_path(job.given.to.path);
  check_json(job.given, path.is_folder);
  ftp_client server{job.by, server_url_of(job.given), job.access, job.given.active};
  if (path.is_folder)
    co_await fetch_folder(job, server, path.path);
  else
    co_await fetch_file(job, server, path);
}

}  // namespace ahoy::inline v0
