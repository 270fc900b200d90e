#pragma once
#include <ahoy/internet/download.hpp>
#include <ahoy/protocol/transfer_options.hpp>

#include <cstdint>
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

// One for each protocol. Throws error.
task<> fetch_ftp(fetch_job& job);
task<> fetch_gopher(fetch_job& job);
task<> fetch_http(fetch_job& job);
task<> fetch_imap(fetch_job& job);
task<> fetch_nntp(fetch_job& job);
task<> fetch_pop3(fetch_job& job);

}  // namespace ahoy::inline v0
