#include <ahoy/command/usage_error.hpp>
#include <ahoy/error/error.hpp>
#include <ahoy/error/escape.hpp>
#include <ahoy/internet/access.hpp>
#include <ahoy/internet/ftp_url.hpp>
#include <ahoy/internet/upload_job.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace ahoy::inline v0 {

namespace {

ftp_store how_to_store(const upload_options& given) {
  if (given.append) return ftp_store::append;
  return given.resume ? ftp_store::resume : ftp_store::replace;
}

/// How much of it the server has: nothing where it does not know the file.
task<std::uint64_t> size_there(ftp_client& server, const std::string& file) {
  try {
    const ftp_facts facts = co_await server.facts(file);
    co_return facts.size.value_or(0);
  } catch (const error& failure) {
    if (failure.code() != errc::not_there) throw;
  }
  co_return 0;
}

/// What is shorter than its own beginning is not what was being sent.
void check_length(const upload_job& job, std::uint64_t ours, std::uint64_t there) {
  if (ours < there)
    throw error{
        make_error_code(errc::refused), "resume", escape(job.given.to.to_string()),
        fmt::format("the server has {} bytes of it, and our input but {}: it is another file", there, ours)};
}

/// What is `there` already counts as not sent.
task<> send_content(upload_job& job, ftp_client& server, std::uint64_t there) {
  for (std::uint64_t left_out = 0;;) {
    const std::optional<std::string> piece = co_await job.next();
    if (!piece) check_length(job, left_out, there);
    if (!piece) break;
    const auto known = std::min<std::uint64_t>(piece->size(), there - left_out);
    left_out += known;
    job.sent -= known;
    const bool goes_on = co_await server.send(*piece);
    if (!goes_on) break;
    job.is_in_doubt = true;
  }
}

}  // namespace

task<> upload_ftp(upload_job& job) {
  const ftp_path path = ftp_path_of(job.given);
  if (path.is_folder)
    throw usage_error(usage_errc::missing, "file name in URL", job.given.to.to_string(),
                      "a folder is no place for content");
  ftp_client server{job.by, server_url_of(job.given), job.access, job.given.active};
  std::uint64_t there = 0;
  if (job.given.resume) there = co_await size_there(server, path.path);
  check_length(job, job.size().value_or(there), there);
  server.store(path.path, how_to_store(job.given));
  co_await send_content(job, server, there);
  co_await server.finish_storing();
}

}  // namespace ahoy::inline v0
