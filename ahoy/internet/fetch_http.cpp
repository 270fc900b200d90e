#include <ahoy/address/ascii.hpp>
#include <ahoy/command/json.hpp>
#include <ahoy/command/notice.hpp>
#include <ahoy/command/usage_error.hpp>
#include <ahoy/error/escape.hpp>
#include <ahoy/internet/access.hpp>
#include <ahoy/internet/fetch_job.hpp>
#include <ahoy/internet/header_words.hpp>
#include <ahoy/internet/http_refusal.hpp>
#include <ahoy/protocol/http.hpp>
#include <ahoy/protocol/words.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace ahoy::inline v0 {

namespace {

constexpr int partial_content = 206;
constexpr int range_not_satisfiable = 416;

http_request request_of(const fetch_job& job) {
  http_request asked{url_of(job.given)};
  asked.method = job.given.head ? "HEAD" : "GET";
  asked.fields = fields_of(job.given.headers);
  asked.follows_redirects = job.given.location;
  asked.is_compressed = job.given.compressed;
  asked.range = job.given.range;
  if (job.to.there() == 0) return asked;
  asked.range = std::to_string(job.to.there()) + "-";
  asked.fields.emplace_back("If-Range", job.to.validator());  // else all of it (RFC 9110, section 13.1.5)
  return asked;
}

/// A header is not resumed, nor is what comes compressed: a range of that is none of what it becomes.
void check_options(const fetch_options& given) {
  check_json(given, given.head);
  if (given.resume && (given.head || given.compressed))
    throw usage_error(usage_errc::contradictory, "options --resume and",
                      given.head ? "--head" : "--compressed", "leave out one");
}

bool is_strong(std::string_view tag) { return tag.starts_with('"'); }

/// What tells this state of it from every other: an ETag, but for a weak one, or when it was changed, if that
/// is past (RFC 9110, sections 8.8.2.2 and 13.1.5); empty where nothing does.
std::string validator_of(const http_answer& answer) {
  const std::string* tag = answer.field("etag");
  const std::string* changed = answer.field("last-modified");
  const std::string* now = answer.field("date");
  std::string found;
  if (tag && is_strong(*tag)) found = *tag;
  if (!tag && changed && now && *changed != *now) found = *changed;
  const bool is_text = std::ranges::all_of(found, [](char each) { return each >= ' ' && each <= '~'; });
  return is_text ? found : "";
}

std::uint64_t number_at_end(std::string_view text) {
  const auto digits = text.substr(text.find_last_not_of("0123456789") + 1);
  std::uint64_t number = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), number);
  return number;
}

/// Of "bytes 100-199/200", or "bytes */200" (RFC 9110, section 14.4); 0: not known.
std::uint64_t whole_size(const http_answer& answer) {
  const std::string* range = answer.field("content-range");
  const std::string* length = answer.field("content-length");
  if (range) return number_at_end(*range);
  return length && !answer.field("content-encoding") ? number_at_end(*length) : 0;
}

/// Where "bytes 100-199/200" begins; nothing where it says no such thing.
std::optional<std::uint64_t> begin_of_range(const http_answer& answer) {
  const std::string* range = answer.field("content-range");
  if (!range || !lower(*range).starts_with("bytes ")) return std::nullopt;
  std::string_view rest = std::string_view{*range}.substr(std::string_view{"bytes "}.size());
  return read_number(take_word(rest, "-"));
}

/// What goes on elsewhere than where the earlier run has ended would make a file that never was.
void check_range(const fetch_job& job, const http_answer& answer) {
  if (job.to.there() == 0 || answer.status != partial_content || begin_of_range(answer) == job.to.there())
    return;
  throw error{make_error_code(errc::protocol_broken), "resume from", escape(job.given.to.to_string()),
              "the range that it sends is not the one that was asked for"};
}

/// Not every server heeds If-Range: whether it says by itself that what it has is another by now.
bool is_changed(const fetch_job& job, const http_answer& answer) {
  const std::string* now = answer.field(is_strong(job.to.validator()) ? "etag" : "last-modified");
  return now && *now != job.to.validator();
}

/// Who asked for a part and got all would take it for the part. (A header alone is not cut.)
void check_part(const fetch_job& job, const http_answer& answer) {
  if (job.given.range.empty() || job.given.head || answer.status == partial_content) return;
  throw error{make_error_code(errc::refused), "fetch a range from", escape(job.given.to.to_string()),
              "the server gives no ranges of this, but all of it"};
}

/// What it shows is not what was asked for, but what there is.
void tell_of_redirect(const fetch_job& job, const http_answer& answer) {
  if (answer.status / 100 != 3 || job.given.location || !answer.field("location")) return;
  notice(fmt::format("{}: it points to {}; --location follows", escape(job.given.to.to_string()),
                     place_of_redirect(answer)));
}

task<> check_answer(const fetch_job& job, http_exchange& exchange, const http_answer& answer) {
  if (answer.status >= 400 && job.given.verbose > 0) {
    const std::string content = co_await content_of_refusal(exchange);
    show_refusal(content);
  }
  check(answer, escape(job.given.location ? exchange.url() : job.given.to.to_string()));
  check_range(job, answer);
  tell_of_redirect(job, answer);
  if (answer.status / 100 != 3) check_part(job, answer);
}

/// Whether the server has no more than is there already.
bool is_complete(const fetch_job& job, const http_answer& answer) {
  return job.to.there() > 0 && answer.status == range_not_satisfiable &&
         whole_size(answer) == job.to.there() && !is_changed(job, answer);
}

/// Whether what is there is no part of what the server has, which yet answers for that part.
bool is_another(const fetch_job& job, const http_answer& answer) {
  if (job.to.there() == 0 || is_complete(job, answer)) return false;
  return answer.status == range_not_satisfiable ||
         (answer.status == partial_content && is_changed(job, answer));
}

/// As it would be read off the connection, but for HTTP/2, which has no such form.
std::string header_text(const http_answer& answer) {
  std::string text = "HTTP/" + answer.version + " " + std::to_string(answer.status);
  if (!answer.reason.empty()) text += " " + answer.reason;
  text += "\r\n";
  for (const header_field& each : answer.fields) text += each.name + ": " + each.value + "\r\n";
  return text + "\r\n";
}

std::string header_rows(const http_answer& answer) {
  json_row first;
  first.add("status", static_cast<std::uint64_t>(answer.status)).add("version", answer.version);
  std::string rows = first.add("reason", answer.reason).line();
  for (const header_field& each : answer.fields) {
    json_row row;
    rows += row.add("name", each.name).add("value", each.value).line();
  }
  return rows;
}

/// false: nothing was done, since what is there is of another state.
task<bool> fetch_what_lacks(fetch_job& job) {
  http_exchange exchange{job.by, request_of(job), job.access};
  const http_answer* answer = co_await exchange.answer();
  if (is_another(job, *answer)) co_return false;
  if (is_complete(job, *answer)) co_return true;
  co_await check_answer(job, exchange, *answer);
  if (job.given.head) {
    const std::string text = job.given.json ? header_rows(*answer) : header_text(*answer);
    co_await job.to.write(text);
    co_return true;
  }
  if (job.to.there() == 0 || answer->status != partial_content) job.to.start_over(validator_of(*answer));
  job.total = whole_size(*answer);
  co_await copy_to(job, exchange);
  co_return true;
}

}  // namespace

task<> fetch_http(fetch_job& job) {
  check_options(job.given);
  const bool is_done = co_await fetch_what_lacks(job);
  if (is_done) co_return;
  job.to.start_over();
  co_await fetch_what_lacks(job);
}

}  // namespace ahoy::inline v0
