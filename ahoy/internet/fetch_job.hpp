#pragma once
#include <ahoy/error/error.hpp>
#include <ahoy/error/escape.hpp>
#include <ahoy/internet/download.hpp>
#include <ahoy/protocol/transfer_options.hpp>

#include <fmt/format.h>

#include <cstdint>
#include <string>
#include <utility>

namespace ahoy::inline v0 {

/// One run of `fetch`, as its protocols see it.
struct fetch_job {
  fetch_job(ahoy::engine& on, const fetch_options& asked, transfer_options how)
      : by{on}, given{asked}, access{std::move(how)}, to{on, asked} {
    access.max_size = asked.max_size;
  }
  /// How far it is, from 0 to 1.
  [[nodiscard]] double share() const noexcept;

  ahoy::engine& by;
  const fetch_options& given;
  transfer_options access;
  download to;
  std::uint64_t total = 0;  ///< how much is expected; 0: not known
};

/// --json shows lists; what is none is written as it is. Throws usage_error where both are asked for. To be
/// called before anything is opened.
void check_json(const fetch_options& given, bool is_list);

/// Writes what `source` receives, to its end: receive() returns a piece, empty at the end; size(), where it
/// has that, how much it will be. More than --max-size is too_long. `source` must outlive the task.
template <class Source>
task<> copy_to(fetch_job& job, Source& source) {
  std::uint64_t size = 0;
  for (;;) {
    const std::string piece = co_await source.receive();
    if (piece.empty()) break;
    size += piece.size();
    if (size > job.access.max_size)
      throw error{make_error_code(errc::too_long), "fetch from", escape(job.given.to.host.text()),
                  fmt::format("it is more than {} bytes", job.access.max_size)};
    if constexpr (requires { source.size(); }) job.total = job.to.there() + source.size().value_or(0);
    co_await job.to.write(piece);
  }
}

// One for each protocol. Throws error.
task<> fetch_ftp(fetch_job& job);
task<> fetch_gopher(fetch_job& job);
task<> fetch_http(fetch_job& job);
task<> fetch_imap(fetch_job& job);
task<> fetch_nntp(fetch_job& job);
task<> fetch_pop3(fetch_job& job);

}  // namespace ahoy::inline v0
