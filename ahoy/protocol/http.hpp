#pragma once
#include <ahoy/protocol/header_field.hpp>
#include <ahoy/protocol/transfer_options.hpp>
#include <ahoy/task/task.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ahoy::inline v0 {

class engine;

/// What is asked of a server (RFC 9110).
struct http_request {
  http_request() = default;
  explicit http_request(std::string to) : url(std::move(to)) {}

  std::string url;  ///< http: or https:, without user and password
  std::string method = "GET";
  std::vector<header_field> fields;
  bool has_content = false;                   ///< is sent along: see http_exchange::send
  std::optional<std::uint64_t> content_size;  ///< in bytes, where it is known before; else it goes in chunks
  /// How a login goes with content: Basic goes along at once; Digest is asked for before, without content.
  bool logs_in_by_digest = false;
  bool follows_redirects = false;  ///< at most ten, never out of TLS; a login goes to no other host
  bool is_compressed = false;      ///< asks for gzip or deflate, and decodes it
  std::string range;               ///< "0-99,500-" in bytes; empty: all
  std::uint64_t from = 0;          ///< the first byte that is wanted: what comes before is there already
};

/// What the server answered, before its content.
struct http_answer {
  int status = 0;       ///< 100 to 599
  std::string version;  ///< "1.1", "2"
  std::string reason;   ///< "Not Found"; HTTP/2 has none
  std::vector<header_field> fields;

  /// The value of the first field of that name, whose case does not matter.
  [[nodiscard]] const std::string* field(std::string_view name) const noexcept;
};

/// Reads a header, line by line, as transfer::follow_replies tells them; the last one counts, where
/// interim answers and redirects come before it.
class http_header_reader {
 public:
  void take(std::string_view line);
  /// An empty line ended it.
  [[nodiscard]] bool is_whole() const noexcept { return is_whole_; }
  [[nodiscard]] const http_answer& answer() const noexcept { return answer_; }

 private:
  void begin(std::string_view status_line);
  http_answer answer_;
  bool is_whole_ = false;
};

/// One request and its answer. To be used in this order: send(), finish_sending() where the request has
/// content; answer(); receive() until it is empty.
class http_exchange {
 public:
  /// Throws error (malformed): the URL, or a field with a line end in it.
  http_exchange(engine& by, http_request asked, const transfer_options& how);
  ~http_exchange();

  /// A piece of the request's content; false where the server has answered before it took all.
  task<bool> send(std::string_view piece);
  void finish_sending();
  /// How much of the content is on its way; none before it is connected.
  [[nodiscard]] std::uint64_t sent() const noexcept;
  /// Throws error: host_not_found, not connected, not_trusted, timed_out, protocol_broken, …; not for a
  /// status that says so: see check().
  task<const http_answer*> answer();
  /// The next piece of the content; empty at its end. Throws error: cut_short, too_long, …
  task<std::string> receive();
  /// Where its content came from, after redirects; without a login.
  [[nodiscard]] std::string url() const;

 private:
  struct state;
  std::unique_ptr<state> state_;
};

/// Throws error for an answer of 400 and above: not_there for 404 and 410, login_refused for 401 and 407,
/// else refused. `verb` is what was tried.
void check(const http_answer& answer, const std::string& server, const char* verb = "fetch from");

}  // namespace ahoy::inline v0
