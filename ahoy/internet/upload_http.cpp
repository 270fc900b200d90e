#include <ahoy/error/escape.hpp>
#include <ahoy/internet/access.hpp>
#include <ahoy/internet/header_words.hpp>
#include <ahoy/internet/upload_job.hpp>
#include <ahoy/protocol/http.hpp>

#include <fmt/format.h>

namespace ahoy::inline v0 {

namespace {

http_request request_of(const upload_job& job) {
  http_request asked{url_of(job.given)};
  asked.method = job.given.method.empty() ? "POST" : job.given.method;
  asked.fields = fields_of(job.given.headers);
  asked.has_content = true;
  asked.content_size = job.size();
  return asked;
}

/// With these two nothing was done yet: what was sent is to be sent elsewhere (RFC 9110,
/// sections 15.4.8, 15.4.9).
void check_taken(const http_answer& answer, const std::string& server) {
  if (answer.status != 307 && answer.status != 308) return;
  const std::string* where = answer.field("location");
  throw error{make_error_code(errc::refused), "send to", server,
              escape(fmt::format("the server said: HTTP {}, not here but at {}", answer.status,
                                 where ? *where : "another place"))};
}

task<> send_content(upload_job& job, http_exchange& exchange) {
  for (;;) {
    const std::optional<std::string> piece = co_await job.next();
    if (!piece) break;
    const bool goes_on = co_await exchange.send(*piece);
    if (!goes_on) break;
  }
  exchange.finish_sending();
}

}  // namespace

task<> upload_http(upload_job& job) {
  http_exchange exchange{job.by, request_of(job), job.access};
  co_await send_content(job, exchange);
  const http_answer* answer = co_await exchange.answer();
  check(*answer, escape(job.given.to.to_string()));
  check_taken(*answer, escape(job.given.to.to_string()));
  for (;;) {
    const std::string piece = co_await exchange.receive();
    if (piece.empty()) break;
    co_await job.write(piece);
  }
  co_await job.finish();
}

}  // namespace ahoy::inline v0
