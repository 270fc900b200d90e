#pragma once
#include <ahoy/connection/connection.hpp>

#include <functional>
#include <string>
#include <string_view>

namespace ahoy::inline v0 {

/// The status line, header and content that answers the head of a request, which ends with an empty line:
/// `text()` for GET /metrics (RFC 9112, RFC 9110; any query), else 404, 405 or 400. Every answer is the last.
[[nodiscard]] std::string answer_to_scrape(std::string_view head, const std::function<std::string()>& text);

/// Serves a text to Prometheus: one request on each connection, whose head is at most most_head bytes (431)
/// and has to be here, and answered, within `limit` (else the connection is cut). The text, which may take a
/// look at very many callers, is made for the first who asks, and for a second all others are given the same.
/// For a server of its own, of one loop: what is kept has no lock.
class metrics {
 public:
  static constexpr std::size_t most_head = 8192;
  static constexpr duration limit = std::chrono::seconds{5};
  static constexpr duration kept_for = std::chrono::seconds{1};

  /// For who finds no place, in the place of an answer.
  static constexpr const char* busy =
      "HTTP/1.1 503 Service Unavailable\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: 5\r\n"
      "Retry-After: 1\r\nConnection: close\r\n\r\nbusy\n";

  explicit metrics(std::function<std::string()> text) : text_{std::move(text)} {}
  task<> serve(connection& peer);
  /// What is served now.
  const std::string& text(time_point now);

 private:
  std::function<std::string()> text_;
  std::string kept_;
  time_point kept_until_{};
};

}  // namespace ahoy::inline v0
