#include <ahoy/address/ascii.hpp>
#include <ahoy/command/standard_streams.hpp>
#include <ahoy/error/escape.hpp>
#include <ahoy/internet/access.hpp>
#include <ahoy/internet/header_words.hpp>
#include <ahoy/internet/http_refusal.hpp>
#include <ahoy/internet/upload_job.hpp>
#include <ahoy/protocol/http.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace ahoy::inline v0 {

namespace {

constexpr int login_wanted = 401;

/// One that has content, be it empty: a server would ask for a length else.
http_request request_of(const upload_job& job, bool is_empty) {
  http_request asked{url_of(job.given)};
  asked.method = job.given.method.empty() ? "POST" : job.given.method;
  asked.fields = fields_of(job.given.headers);
  asked.has_content = true;
  asked.content_size = is_empty ? 0 : job.size();
  return asked;
}

/// What was sent is not taken where it was sent to: it is to be sent elsewhere, or (303) was answered there.
void check_taken(const http_answer& answer, const std::string& server) {
  if (answer.status / 100 != 3) return;
  throw error{make_error_code(errc::refused), "send to", server,
              fmt::format("the server said: HTTP {}; it points to {}: send there", answer.status,
                          place_of_redirect(answer))};
}

/// The server is told how much comes, and gets so much: not what a file has grown by meanwhile.
class promised_content {
 public:
  promised_content(upload_job& job, std::optional<std::string> first, std::optional<std::uint64_t> size)
      : job_{job}, piece_{std::move(first)}, left_{size.value_or(UINT64_MAX)}, is_promised_{size} {}

  /// false: the server has ended it before it had all.
  task<bool> send(http_exchange& exchange) {
    bool goes_on = true;
    while (piece_ && left_ > 0 && goes_on) {
      piece_->resize(std::min<std::uint64_t>(piece_->size(), left_));
      left_ -= piece_->size();
      goes_on = co_await exchange.send(*piece_);
      job_.went_out(exchange.sent());
      if (goes_on && left_ > 0) piece_ = co_await job_.next();
    }
    if (goes_on && is_promised_ && left_ > 0)
      throw input_error(make_error_code(errc::cut_short), "it has become shorter while it was sent");
    exchange.finish_sending();
    co_return goes_on;
  }

 private:
  upload_job& job_;
  std::optional<std::string> piece_;
  std::uint64_t left_;
  bool is_promised_;
};

bool asks_for_digest(const http_answer& answer) {
  return std::ranges::any_of(answer.fields, [](const header_field& each) {
    return lower(each.name) == "www-authenticate" && lower(each.value).starts_with("digest");
  });
}

task<> keep_refusal(upload_job& job, http_exchange& exchange) {
  if (job.given.verbose == 0 && !job.given.json) co_return;
  const std::string content = co_await content_of_refusal(exchange);
  if (job.given.verbose > 0) show_refusal(content);
  if (job.given.json) co_await job.write(content.substr(0, job.given.max_message));
}

/// One request and its answer.
class http_upload {
 public:
  explicit http_upload(upload_job& job) : job_{job} {}

  task<> run() {
    co_await ask(false);
    const bool goes_again =
        answer_->status == login_wanted && !job_.access.login.empty() && asks_for_digest(*answer_);
    if (goes_again) {
      job_.begin_again();
      co_await ask(true);
    }
    co_await check_answer();
    for (;;) {
      const std::string piece = co_await exchange_->receive();
      if (piece.empty()) break;
      co_await job_.write(piece);
    }
    job_.is_in_doubt = false;
    co_await job_.finish();
  }

 private:
  task<> ask(bool by_digest) {
    std::optional<std::string> first = co_await job_.next();
    http_request asked = request_of(job_, !first);
    asked.logs_in_by_digest = by_digest;
    promised_content content{job_, std::move(first), asked.content_size};
    exchange_.emplace(job_.by, std::move(asked), job_.access);
    has_all_ = co_await content.send(*exchange_);
    answer_ = co_await exchange_->answer();
  }

  task<> check_answer() {
    const std::string server = escape(job_.given.to.to_string());
    if (answer_->status >= 400) co_await keep_refusal(job_, *exchange_);
    check(*answer_, server, "send to");
    check_taken(*answer_, server);
    if (!has_all_)
      throw error{make_error_code(errc::cut_short), "send to", server, "it answered before it had all"};
  }

  upload_job& job_;
  std::optional<http_exchange> exchange_;
  const http_answer* answer_ = nullptr;
  bool has_all_ = false;
};

}  // namespace

task<> upload_http(upload_job& job) {
  http_upload one{job};
  co_await one.run();
}

}  // namespace ahoy::inline v0
