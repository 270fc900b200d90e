#include <ahoy/command/usage_error.hpp>
#include <ahoy/internet/access.hpp>
#include <ahoy/internet/upload_job.hpp>
#include <ahoy/protocol/ftp.hpp>

namespace ahoy::inline v0 {

namespace {

ftp_store how_to_store(const upload_options& given) {
  if (given.append) return ftp_store::append;
  return given.resume ? ftp_store::resume : ftp_store::replace;
}

}  // namespace

task<> upload_ftp(upload_job& job) {
  const ftp_path path = read_ftp_path(job.given.to.path);
  if (path.is_folder)
    throw usage_error(usage_errc::missing, "file name in URL", job.given.to.to_string(),
                      "a folder is no place for content");
  ftp_client server{job.by, server_url_of(job.given), job.access, job.given.active};
  server.store(path.path, how_to_store(job.given));
  for (;;) {
    const std::optional<std::string> piece = co_await job.next();
    if (!piece) break;
    const bool goes_on = co_await server.send(*piece);
    if (!goes_on) break;
  }
  co_await server.finish_storing();
}

}  // namespace ahoy::inline v0
