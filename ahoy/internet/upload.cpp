#include <ahoy/command/json.hpp>
#include <ahoy/command/last_words.hpp>
#include <ahoy/command/notice.hpp>
#include <ahoy/command/signals.hpp>
#include <ahoy/command/standard_streams.hpp>
#include <ahoy/engine/select.hpp>
#include <ahoy/error/escape.hpp>
#include <ahoy/internet/access.hpp>
#include <ahoy/internet/protocols.hpp>
#include <ahoy/internet/run.hpp>
#include <ahoy/internet/upload_job.hpp>

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>

namespace ahoy::inline v0 {

namespace {

struct uploader {
  ahoy::scheme scheme;
  task<> (*upload)(upload_job&);
};
constexpr std::array uploaders{
    uploader{scheme::http, upload_http}, uploader{scheme::https, upload_http},
    uploader{scheme::ftp, upload_ftp},   uploader{scheme::ftps, upload_ftp},
    uploader{scheme::imap, upload_imap}, uploader{scheme::imaps, upload_imap},
    uploader{scheme::nntp, upload_nntp}, uploader{scheme::nntps, upload_nntp},
    uploader{scheme::smtp, upload_smtp}, uploader{scheme::smtps, upload_smtp},
};

task<> upload_whole(upload_job& job) {
  const auto* found = std::ranges::find(uploaders, job.given.to.scheme, &uploader::scheme);
  if (found == uploaders.end())
    throw error{std::make_error_code(std::errc::protocol_not_supported), "send by",
                to_string(job.given.to.scheme)};
  co_await found->upload(job);
}

std::optional<int> upload_until_signal(upload_job& job) {
  awaited_work work;
  work.run = [&job] { return upload_whole(job); };
  work.timeout = job.given.timeout;
  work.verb = "send to";
  work.to = job.given.to;
  work.has_login = !job.access.login.empty();
  work.label = escape(job.given.to.to_string());
  work.share = [&job] { return job.share(); };
  return run_until_signal(job.by, work);
}

}  // namespace

upload_job::upload_job(engine& on, const upload_options& asked, transfer_options how)
    : by{on},
      given{asked},
      access{std::move(how)},
      output_{on},
      shown_{output_, presentation{output_.is_terminal(), asked.hex, asked.timestamps}} {
  open_source();
  const off_t at = input_->file() ? ::lseek(STDIN_FILENO, 0, SEEK_CUR) : -1;
  if (at >= 0) begin_ = at;
}

void upload_job::open_source() {
  source_.reset();
  input_.emplace(by);
  source_ = given.messages.empty() ? bytes_as_input(*input_) : words_as_input(given.messages);
}

void upload_job::begin_again() {
  const bool is_gone =
      given.messages.empty() && (!begin_ || ::lseek(STDIN_FILENO, *begin_, SEEK_SET) != *begin_);
  if (is_gone)
    throw error{make_error_code(errc::login_refused), "log in to", escape(given.to.to_string()),
                "it asks for a Digest login after the content came, and standard input cannot be read again: "
                "let it be a file"};
  open_source();
  sent = 0;
  is_in_doubt = false;
}

task<std::optional<std::string>> upload_job::next() {
  std::optional<std::string> piece = co_await source_->next();
  if (piece) sent += piece->size();
  co_return piece;
}

/// What claims to be empty may be a file of /proc, whose size nobody knows before.
std::optional<std::uint64_t> upload_job::size() const {
  if (given.messages.empty()) return source_->total() == 0 ? std::nullopt : source_->total();
  std::uint64_t all = 0;
  for (const std::string& each : given.messages) all += each.size();
  return all;
}

task<> upload_job::write(std::string_view piece) {
  if (!given.json) {
    co_await shown_.take(piece, piece::part);
    co_return;
  }
  if (piece.size() > given.max_message - std::min<std::size_t>(kept_.size(), given.max_message))
    throw error{make_error_code(errc::too_long), "receive from", escape(given.to.host.text()),
                fmt::format("its answer is more than {} bytes", given.max_message)};
  kept_ += piece;
}

task<> upload_job::finish() { co_await shown_.pause(); }

void upload_job::went_out(std::uint64_t size) noexcept {
  sent = size;
  is_in_doubt = size > 0;
}

void upload_job::doubt(const error& why) {
  const std::string hint = why.hint().empty() ? "" : " (" + escape_controls(why.hint()) + ")";
  notice(fmt::format("{}{}; whether the server has it is not known", escape_controls(why.what()), hint));
  ended = status::not_confirmed;
}

std::optional<std::string_view> upload_job::reply() const {
  return kept_.empty() ? std::nullopt : std::optional<std::string_view>{kept_};
}

double upload_job::share() const {
  const auto all = size().value_or(0) + more;
  return all > 0 ? std::min(1.0, static_cast<double>(sent) / static_cast<double>(all)) : 0;
}

namespace {

/// Whether the server has what went out: a refusal says it, and what is ours is no word of the server's. Time
/// that ran out has a status of its own.
bool leaves_open(const error& why) {
  constexpr std::array told{status::usage,     status::refused,  status::output_failed, status::input_failed,
                            status::timed_out, status::too_long, status::login_refused, status::not_there};
  const bool is_stopped = why.code() == std::errc::operation_canceled;
  return !is_stopped && std::ranges::find(told, status_of(why)) == told.end();
}

int hand_over(engine& by, const upload_options& given, std::optional<upload_job>& job) {
  job.emplace(by, given, access_to(given));
  try {
    if (const auto signal = upload_until_signal(*job)) end_by_signal(*signal);
  } catch (const error& why) {
    const bool is_all_said = job->ended != status::done;
    const bool is_doubtful = job->is_in_doubt && leaves_open(why);
    if (!is_all_said && !is_doubtful) throw;
    if (!is_all_said) job->doubt(why);
  }
  return to_integer(job->ended);
}

send_report report_of(const std::optional<upload_job>& job, int ended) {
  const std::string_view confirm = ended == to_integer(status::done) ? "delivered" : "none";
  if (!job) return {0, std::nullopt, confirm, ended, std::nullopt};
  return {job->sent, std::nullopt, confirm, ended, job->reply()};
}

}  // namespace

int upload(const upload_options& given) {
  const std::unique_ptr<engine> by = make_engine();
  std::optional<upload_job> job;
  if (!given.json) return hand_over(*by, given, job);
  const int ended = with_last_words([&] { return hand_over(*by, given, job); });
  write_to_stdout(json_line(report_of(job, ended)));
  return ended;
}

}  // namespace ahoy::inline v0
