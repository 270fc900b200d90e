#include <ahoy/handler/metrics.hpp>
#include <ahoy/server/metrics_text.hpp>
#include <ahoy/task/scope.hpp>

#include <fmt/format.h>

#include <optional>

namespace ahoy::inline v0 {

namespace {

std::string answer(std::string_view status, std::string_view type, std::string_view more,
                   std::string_view content) {
  return fmt::format(
      "HTTP/1.1 {}\r\nContent-Type: {}\r\nContent-Length: {}\r\n{}Cache-Control: no-store\r\n"
      "Connection: close\r\n\r\n{}",
      status, type, content.size(), more, content);
}

std::string refusal(std::string_view status, std::string_view more = {}) {
  return answer(status, "text/plain; charset=utf-8", more, fmt::format("{}\n", status));
}

struct request_line {
  std::string_view method, path;
};

/// "GET /metrics?x HTTP/1.1"; nullopt where it is none.
std::optional<request_line> request_line_of(std::string_view head) noexcept {
  const std::string_view line = head.substr(0, head.find_first_of("\r\n"));
  const std::size_t first = line.find(' ');
  const std::size_t last = line.rfind(' ');
  if (first == line.npos || first == 0 || last == first) return std::nullopt;
  const std::string_view target = line.substr(first + 1, last - first - 1);
  const bool is_whole = line.substr(last + 1).starts_with("HTTP/1.") && target.starts_with('/') &&
                        target.find_first_of(" \t") == target.npos;
  if (!is_whole) return std::nullopt;
  return request_line{line.substr(0, first), target.substr(0, target.find('?'))};
}

/// The empty line that ends a head; a lone LF ends a line, too (RFC 9112, section 2.2).
bool is_whole(std::string_view head) noexcept {
  return head.find("\r\n\r\n") != head.npos || head.find("\n\n") != head.npos;
}

task<> receive_head(connection& peer, std::string& head) {
  while (!is_whole(head) && head.size() <= metrics::most_head) {
    const bytes some = co_await peer.receive();
    if (some.empty()) co_return;
    head += some.text();
  }
}

std::string answer_to(std::string_view head, metrics& by, time_point now) {
  if (head.size() > metrics::most_head) return refusal("431 Request Header Fields Too Large");
  return answer_to_scrape(head, [&] { return by.text(now); });
}

task<> answer_one(connection& peer, metrics& by) {
  std::string head;
  co_await receive_head(peer, head);
  if (head.empty()) co_return;
  const std::string said = answer_to(head, by, peer.engine().now());
  co_await peer.send(said);
}

}  // namespace

std::string answer_to_scrape(std::string_view head, const std::function<std::string()>& text) {
  const std::optional<request_line> asked = is_whole(head) ? request_line_of(head) : std::nullopt;
  if (!asked) return refusal("400 Bad Request");
  if (asked->path != "/metrics") return refusal("404 Not Found");
  if (asked->method != "GET") return refusal("405 Method Not Allowed", "Allow: GET\r\n");
  return answer("200 OK", metrics_text::content_type, "", text());
}

const std::string& metrics::text(time_point now) {
  if (now < kept_until_) return kept_;
  kept_ = text_();
  kept_until_ = now + kept_for;
  return kept_;
}

task<> metrics::serve(connection& peer) {
  co_await with_deadline(deadline_after(peer.engine().now(), limit), answer_one(peer, *this));
}

}  // namespace ahoy::inline v0
