#pragma once
#include <ahoy/command/input_source.hpp>
#include <ahoy/command/options.hpp>
#include <ahoy/command/output_sink.hpp>
#include <ahoy/command/status.hpp>
#include <ahoy/protocol/transfer_options.hpp>

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace ahoy::inline v0 {

/// One run of `send` to a server of the internet's protocols, as these see it.
struct upload_job {
  upload_job(engine& on, const upload_options& asked, transfer_options how);

  /// The next piece of what is to be sent: a MESSAGE, or some of standard input, as it is; nothing at its
  /// end.
  task<std::optional<std::string>> next();
  /// next() begins again, since the server wants to be asked otherwise. Throws error (login_refused) where
  /// standard input cannot be read again.
  void begin_again();
  /// How much it is in all, where that is known.
  [[nodiscard]] std::optional<std::uint64_t> size() const;
  /// The server's answer, to standard output; under --json it is kept. Throws error: too_long.
  task<> write(std::string_view piece);
  task<> finish();
  /// How much of it libcurl has taken: from then on an end that says nothing leaves it open what became of
  /// it.
  void went_out(std::uint64_t size) noexcept;
  /// Where the server's last word was not heard: says so, and that is the status.
  void doubt(const error& why);
  /// What was kept of it.
  [[nodiscard]] std::optional<std::string_view> reply() const;
  /// How far it is, from 0 to 1.
  [[nodiscard]] double share() const;

  engine& by;
  const upload_options& given;
  transfer_options access;
  std::uint64_t sent = 0;
  std::uint64_t more = 0;       ///< what goes along beside size()
  bool is_in_doubt = false;     ///< some of it went out, and the server has not said that it has it
  status ended = status::done;  ///< where all was said already that there is to say of it

 private:
  void open_source();

  std::optional<standard_input> input_;
  std::optional<off_t> begin_;  // of standard input, where that is a file
  standard_output output_;
  shown_output shown_;
  std::unique_ptr<input_source> source_;
  std::string kept_;
};

// One for each protocol. Throws error.
task<> upload_ftp(upload_job& job);
task<> upload_http(upload_job& job);
task<> upload_imap(upload_job& job);
task<> upload_nntp(upload_job& job);
task<> upload_smtp(upload_job& job);

}  // namespace ahoy::inline v0
