#pragma once
#include <ahoy/engine/engine.hpp>
#include <ahoy/protocol/transfer_options.hpp>
#include <ahoy/task/task.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace ahoy::inline v0 {

/// One conversation with a server that libcurl carries: what the protocols here are made of. It goes on while
/// somebody awaits one of its tasks, on their engine and beside everything else that runs there; while nobody
/// does, it rests. So what is not received is not read from the socket either, but for some 256 KiB.
/// Destroying the transfer closes its connection; stopping the awaiting task ends the wait alone. One task at
/// a time awaits it. It belongs to the thread of its engine. Proxies, which libcurl would take from the
/// environment, are not used: every host is connected to directly.
///
/// Options are libcurl's own (curl_easy_setopt(3)), by the numbers in <curl/curl.h>. A transfer that is over
/// may be begun again with other ones, over the same connection where that goes to the same server.
class transfer {
 public:
  /// Throws error (malformed) for a URL that libcurl cannot read. The URL names no user and no password:
  /// those are among the options.
  transfer(ahoy::engine& by, const std::string& url, const transfer_options& how);
  transfer(const transfer&) = delete;
  transfer& operator=(const transfer&) = delete;
  ~transfer();

  void set(int option, long value);
  void set_size(int option, std::int64_t value);
  void set(int option, const std::string& text);
  /// Lines, such as headers; they are copied.
  void set(int option, const std::vector<std::string>& lines);
  /// No value: libcurl's own.
  void reset(int option);

  /// Asks for gzip or deflate, and decodes what comes. Of other codings, or of several, at most 24 MiB of
  /// what came at once (more is too_long).
  void decode_content();
  /// Whether the stream ended under TLS without TLS saying so: somebody may have cut it. That matters where
  /// content has no other end than the stream's; to libcurl it is one.
  [[nodiscard]] bool may_be_cut() const noexcept;
  /// Told of each line that the server says besides the content, without its end: replies, headers (an empty
  /// line ends those). An error shows none of them as the server's words then.
  void follow_replies(std::function<void(std::string_view)> told);

  /// Begins, again where it is over: nothing of the earlier one but its connection is kept.
  void begin();
  /// Until `answered` is true, the first piece of content is there, or it is over. Throws error where it is
  /// over and has failed.
  task<> until(std::function<bool()> answered);
  /// The next piece of content; empty at its end, and from then on. Throws error: what failed, timed_out,
  /// operation_canceled, too_long (as options say).
  task<std::string> receive();
  /// Takes a piece of what is to be uploaded, and returns when libcurl has taken all of it; false where the
  /// server has ended it before, in which case finish() tells how.
  task<bool> send(std::string_view piece);
  /// There is no more to upload.
  void end_sending() noexcept;
  /// How much of the upload libcurl has taken since begin(): none before it is connected.
  [[nodiscard]] std::uint64_t given() const noexcept;
  /// Until it is over; content that nobody received is let go. Throws error where it has failed.
  task<> finish();

  [[nodiscard]] bool is_over() const noexcept;
  /// curl_easy_getinfo(3), for values that are numbers.
  [[nodiscard]] long number(int info) const noexcept;
  [[nodiscard]] std::int64_t size(int info) const noexcept;
  [[nodiscard]] std::string text(int info) const;
  /// "localhost:23456"; after a redirect of HTTP, the one that it led to.
  [[nodiscard]] const std::string& server() const;
  [[nodiscard]] ahoy::engine& engine() const noexcept;

  /// Of a transfer that only connects (and logs in): what it is connected with, as a stream of bytes. The
  /// first throws error, and returns empty at the end of the stream.
  task<std::string> receive_raw();
  task<> send_raw(std::string_view bytes);

 private:
  struct state;
  std::unique_ptr<state> state_;
};

}  // namespace ahoy::inline v0
