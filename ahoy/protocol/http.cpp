#include <ahoy/address/ascii.hpp>
#include <ahoy/error/error.hpp>
#include <ahoy/error/escape.hpp>
#include <ahoy/protocol/http.hpp>
#include <ahoy/protocol/transfer.hpp>
#include <ahoy/protocol/transfer_error.hpp>
#include <ahoy/protocol/words.hpp>

#include <curl/curl.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <functional>

namespace ahoy::inline v0 {

namespace {

/// More would be no answer but an attack.
constexpr std::size_t most_fields = 1000;
constexpr long most_redirects = 10;

std::string_view trimmed(std::string_view text) {
  const auto begin = text.find_first_not_of(" \t");
  if (begin == text.npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

/// One field that carries a line end would be two (response splitting).
void check_field(const header_field& field) {
  const bool is_split =
      (field.name + field.value).find_first_of(std::string_view{"\r\n\0", 3}) != std::string::npos;
  if (is_split || field.name.empty() || field.name.find_first_of(": \t") != std::string::npos)
    throw error{make_error_code(errc::malformed), "read header", escape(field.name),
                "a header is NAME: VALUE on one line"};
}

std::vector<std::string> lines_of(const http_request& asked) {
  std::vector<std::string> lines;
  for (const header_field& each : asked.fields) {
    check_field(each);
    // An empty value is written so, or libcurl takes the field away (CURLOPT_HTTPHEADER(3)).
    lines.push_back(each.value.empty() ? each.name + ";" : each.name + ": " + each.value);
  }
  const bool expects = std::ranges::any_of(
      asked.fields, [](const header_field& each) { return equal_ignoring_case(each.name, "expect"); });
  if (asked.has_content && !expects)
    lines.emplace_back("Expect:");  // libcurl would wait for the answer, up to 1 s
  return lines;
}

/// With several libcurl would wait to be asked, and by then the content is gone.
long login_ways(const http_request& asked) {
  if (!asked.has_content) return static_cast<long>(CURLAUTH_BASIC | CURLAUTH_DIGEST);
  return static_cast<long>(asked.logs_in_by_digest ? CURLAUTH_DIGEST : CURLAUTH_BASIC);
}

/// A length that is none, or another than one before: nobody can know where the content ends (RFC 9112,
/// section 6.3).
bool has_broken_length(const http_answer& answer) {
  std::optional<std::uint64_t> length;
  for (const header_field& each : answer.fields) {
    if (!equal_ignoring_case(each.name, "content-length")) continue;
    for (std::string_view rest = each.value; !rest.empty();) {
      const auto said = read_number(take_word(rest, ", \t"));
      if (!said || said != length.value_or(*said)) return true;
      length = said;
    }
  }
  return false;
}

}  // namespace

const std::string* http_answer::field(std::string_view name) const noexcept {
  for (const header_field& each : fields)
    if (equal_ignoring_case(each.name, name)) return &each.value;
  return nullptr;
}

void http_header_reader::begin(std::string_view status_line) {
  answer_ = {};
  is_whole_ = false;
  answer_.version = take_word(status_line).substr(std::string_view{"HTTP/"}.size());
  const auto number = take_word(status_line);
  std::from_chars(number.data(), number.data() + number.size(), answer_.status);
  answer_.reason = trimmed(status_line);
}

void http_header_reader::take(std::string_view line) {
  if (line.starts_with("HTTP/") && (is_whole_ || answer_.status == 0)) return begin(line);
  if (line.empty()) {
    is_whole_ = true;
    return;
  }
  if (answer_.fields.size() >= most_fields)
    throw error{make_error_code(errc::protocol_broken), "receive header", "", "it has too many fields"};
  const auto colon = line.find(':');
  if (colon != line.npos)
    answer_.fields.emplace_back(std::string{line.substr(0, colon)},
                                std::string{trimmed(line.substr(colon + 1))});
  else if (!answer_.fields.empty())  // a folded line (RFC 9112, section 5.2)
    answer_.fields.back().value += ' ' + std::string{trimmed(line)};
}

struct http_exchange::state {
  state(engine& by, http_request what, const transfer_options& how);
  void set_up();
  [[nodiscard]] bool is_answered() const;
  [[nodiscard]] bool ends_with_stream() const;

  http_request asked;
  bool has_login;
  transfer over;
  http_header_reader header;
};

http_exchange::state::state(engine& by, http_request what, const transfer_options& how)
    : asked{std::move(what)}, has_login{!how.login.empty()}, over{by, asked.url, how} {
  set_up();
}

void http_exchange::state::set_up() {
  over.follow_replies([this](std::string_view line) { header.take(line); });
  over.set(CURLOPT_USERAGENT, "ahoy/" AHOY_VERSION);
  // libcurl 7.88 forgets to go on with a stream of HTTP/2 that had to wait while it was decoded.
  over.set(CURLOPT_HTTP_VERSION,
           static_cast<long>(asked.is_compressed ? CURL_HTTP_VERSION_1_1 : CURL_HTTP_VERSION_2TLS));
  over.set(CURLOPT_HTTPHEADER, lines_of(asked));
  over.set(CURLOPT_FOLLOWLOCATION, asked.follows_redirects ? 1L : 0L);
  over.set(CURLOPT_MAXREDIRS, most_redirects);
  over.set(CURLOPT_HTTPAUTH, login_ways(asked));
  if (asked.is_compressed) over.decode_content();
  if (!asked.range.empty()) over.set(CURLOPT_RANGE, asked.range);
  if (asked.from > 0) over.set_size(CURLOPT_RESUME_FROM_LARGE, static_cast<std::int64_t>(asked.from));
  if (asked.has_content) over.set(CURLOPT_UPLOAD, 1L);
  if (asked.content_size)
    over.set_size(CURLOPT_INFILESIZE_LARGE, static_cast<std::int64_t>(*asked.content_size));
  if (asked.method == "HEAD") over.set(CURLOPT_NOBODY, 1L);
  over.set(CURLOPT_CUSTOMREQUEST, asked.method);
  over.begin();
}

/// Whether this is the answer that counts: none of those that libcurl goes on after.
bool http_exchange::state::is_answered() const {
  if (!header.is_whole() || header.answer().status < 200) return false;
  const int status = header.answer().status;
  const bool goes_on =
      (asked.follows_redirects && status / 100 == 3) || (has_login && (status == 401 || status == 407));
  return !goes_on;
}

/// Nothing else says where the content ends (RFC 9112, section 6.3).
bool http_exchange::state::ends_with_stream() const {
  const http_answer& answer = header.answer();
  const bool has_content = asked.method != "HEAD" && answer.status != 204 && answer.status != 304;
  return has_content && answer.version.starts_with("1.") && !answer.field("content-length") &&
         !answer.field("transfer-encoding");
}

http_exchange::http_exchange(engine& by, http_request asked, const transfer_options& how)
    : state_{std::make_unique<state>(by, std::move(asked), how)} {}

http_exchange::~http_exchange() = default;

task<bool> http_exchange::send(std::string_view piece) { return state_->over.send(piece); }

void http_exchange::finish_sending() { state_->over.end_sending(); }

std::uint64_t http_exchange::sent() const noexcept { return state_->over.given(); }

task<const http_answer*> http_exchange::answer() {
  state& own = *state_;
  const std::function<bool()> answered = [&own] { return own.is_answered(); };
  co_await own.over.until(answered);
  // libcurl takes the end of the stream for the header's.
  if (!own.header.is_whole() || own.header.answer().status < 200)
    throw error{make_error_code(errc::cut_short), "receive from", own.over.server(), "its header has no end"};
  if (has_broken_length(own.header.answer()))
    throw error{make_error_code(errc::protocol_broken), "receive from", own.over.server(),
                "its content has no clear length"};
  co_return &own.header.answer();
}

task<std::string> http_exchange::receive() {
  state& own = *state_;
  std::string piece = co_await own.over.receive();
  if (piece.empty() && own.ends_with_stream() && own.over.may_be_cut())
    throw error{make_error_code(errc::cut_short), "receive from", own.over.server(),
                "it ended without TLS saying so"};
  co_return piece;
}

std::string http_exchange::url() const { return without_login(state_->over.text(CURLINFO_EFFECTIVE_URL)); }

void check(const http_answer& answer, const std::string& server, const char* verb) {
  if (answer.status < 400) return;
  errc cause = errc::refused;
  if (answer.status == 404 || answer.status == 410) cause = errc::not_there;
  if (answer.status == 401 || answer.status == 407) cause = errc::login_refused;
  throw error{make_error_code(cause), verb, server,
              escape(fmt::format("the server said: HTTP {} {}", answer.status, answer.reason))};
}

}  // namespace ahoy::inline v0
