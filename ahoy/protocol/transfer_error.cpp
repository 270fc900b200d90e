#include <ahoy/address/ascii.hpp>
#include <ahoy/error/escape.hpp>
#include <ahoy/protocol/transfer_error.hpp>

#include <curl/curl.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <memory>
#include <span>

namespace ahoy::inline v0 {

namespace {

/// The first row that fits holds; what is in none is a failure to receive.
struct row {
  CURLcode code;
  const char* verb;
  std::error_code cause;
};

const auto& table() {
  static const std::array rows{
      row{CURLE_URL_MALFORMAT, "read URL of", make_error_code(errc::malformed)},
      row{CURLE_UNSUPPORTED_PROTOCOL, "receive from", make_error_code(errc::protocol_broken)},
      row{CURLE_COULDNT_RESOLVE_HOST, "look up", make_error_code(errc::host_not_found)},
      row{CURLE_COULDNT_CONNECT, "connect to", system_code(ECONNREFUSED)},
      row{CURLE_INTERFACE_FAILED, "bind for", system_code(EADDRNOTAVAIL)},
      row{CURLE_OPERATION_TIMEDOUT, "connect to", system_code(ETIMEDOUT)},
      row{CURLE_ABORTED_BY_CALLBACK, "receive from", system_code(ETIMEDOUT)},
      row{CURLE_FTP_ACCEPT_TIMEOUT, "receive from", system_code(ETIMEDOUT)},
      row{CURLE_FTP_ACCEPT_FAILED, "ask", make_error_code(errc::refused)},
      row{CURLE_FTP_PORT_FAILED, "ask", make_error_code(errc::refused)},
      row{CURLE_WEIRD_SERVER_REPLY, "receive from", make_error_code(errc::protocol_broken)},
      row{CURLE_FTP_WEIRD_PASS_REPLY, "log in to", make_error_code(errc::protocol_broken)},
      row{CURLE_FTP_WEIRD_PASV_REPLY, "receive from", make_error_code(errc::protocol_broken)},
      row{CURLE_FTP_WEIRD_227_FORMAT, "receive from", make_error_code(errc::protocol_broken)},
      row{CURLE_HTTP2, "receive from", make_error_code(errc::protocol_broken)},
      row{CURLE_HTTP2_STREAM, "receive from", make_error_code(errc::protocol_broken)},
      row{CURLE_BAD_CONTENT_ENCODING, "decode content of", make_error_code(errc::protocol_broken)},
      // What is written fails by what was thrown, or because it could not be decoded.
      row{CURLE_WRITE_ERROR, "decode content of", make_error_code(errc::protocol_broken)},
      row{CURLE_TOO_MANY_REDIRECTS, "follow redirects of", make_error_code(errc::refused)},
      row{CURLE_RANGE_ERROR, "resume from", make_error_code(errc::refused)},
      row{CURLE_BAD_DOWNLOAD_RESUME, "resume from", make_error_code(errc::refused)},
      row{CURLE_REMOTE_ACCESS_DENIED, "fetch from", make_error_code(errc::refused)},
      row{CURLE_FTP_COULDNT_RETR_FILE, "fetch from", make_error_code(errc::refused)},
      row{CURLE_FTP_COULDNT_USE_REST, "resume from", make_error_code(errc::refused)},
      row{CURLE_QUOTE_ERROR, "ask", make_error_code(errc::refused)},
      row{CURLE_UPLOAD_FAILED, "send to", make_error_code(errc::refused)},
      row{CURLE_REMOTE_FILE_EXISTS, "send to", make_error_code(errc::refused)},
      row{CURLE_REMOTE_DISK_FULL, "send to", make_error_code(errc::refused)},
      row{CURLE_REMOTE_FILE_NOT_FOUND, "fetch from", make_error_code(errc::not_there)},
      row{CURLE_LOGIN_DENIED, "log in to", make_error_code(errc::login_refused)},
      row{CURLE_AUTH_ERROR, "log in to", make_error_code(errc::login_refused)},
      row{CURLE_FILESIZE_EXCEEDED, "receive from", make_error_code(errc::too_long)},
      row{CURLE_PEER_FAILED_VERIFICATION, "trust", make_error_code(errc::not_trusted)},
      row{CURLE_SSL_ISSUER_ERROR, "trust", make_error_code(errc::not_trusted)},
      row{CURLE_SSL_PINNEDPUBKEYNOTMATCH, "trust", make_error_code(errc::not_trusted)},
      row{CURLE_USE_SSL_FAILED, "begin TLS with", make_error_code(errc::handshake_failed)},
      row{CURLE_SSL_CONNECT_ERROR, "begin TLS with", make_error_code(errc::handshake_failed)},
      row{CURLE_SSL_CIPHER, "begin TLS with", make_error_code(errc::handshake_failed)},
      row{CURLE_SSL_CERTPROBLEM, "read certificate for", make_error_code(errc::malformed)},
      row{CURLE_SSL_CACERT_BADFILE, "read certificates for", make_error_code(errc::malformed)},
      row{CURLE_PARTIAL_FILE, "receive from", make_error_code(errc::cut_short)},
      row{CURLE_GOT_NOTHING, "receive from", make_error_code(errc::cut_short)},
      row{CURLE_SEND_ERROR, "send to", system_code(EPIPE)},
      row{CURLE_SEND_FAIL_REWIND, "send to", system_code(ECONNRESET)},
      row{CURLE_RECV_ERROR, "receive from", system_code(ECONNRESET)},
      // libcurl's word for what is longer than it takes, too; where our own memory is short, bad_alloc says
      // so.
      row{CURLE_OUT_OF_MEMORY, "receive from", make_error_code(errc::protocol_broken)},
  };
  return rows;
}

/// The stream ended where a reply was to come.
constexpr std::string_view silent_end = "response reading failed";

/// libcurl has but general codes where a server broke the protocol in these ways.
bool is_broken_protocol(std::string_view words) {
  constexpr std::array<std::string_view, 3> told{"in chunked-encoding", "Too large response headers",
                                                 "The redirect target URL could not be parsed"};
  return std::ranges::any_of(told, [&](std::string_view each) { return words.find(each) != words.npos; });
}

/// 421 of FTP, which libcurl takes for a lapse of time; and a transfer that all the same was not done.
bool is_refused(CURLcode code, std::string_view words, std::string_view reply) {
  return (code == CURLE_OPERATION_TIMEDOUT && reply.starts_with("421")) ||
         (words.starts_with("server did not report OK") && !reply.starts_with("426"));
}

/// The code that stands for a redirect to another scheme stands for what is no HTTP, too.
bool leads_astray(const failed_transfer& what) {
  return what.code == CURLE_UNSUPPORTED_PROTOCOL &&
         (what.words.starts_with("Protocol") || what.words.ends_with("Unsupported URL scheme"));
}

bool holds_any(std::string_view text, std::span<const std::string_view> words) {
  return std::ranges::any_of(words, [&](std::string_view each) { return text.find(each) != text.npos; });
}

/// FTP's "file unavailable" is "file not found" or "no access" (RFC 959, section 4.2.1): its words say which,
/// among which may be the file's name. What may not be written is not missing.
errc cause_of_550(const row& found, std::string_view reply) {
  constexpr std::array<std::string_view, 4> missing{"no such", "not found", "cannot find", "not exist"};
  constexpr std::array<std::string_view, 5> no_access{"permission", "denied", "not allowed", "not permitted",
                                                      "forbidden"};
  const std::string words = lower(reply);
  const bool is_refused =
      found.code == CURLE_UPLOAD_FAILED || (holds_any(words, no_access) && !holds_any(words, missing));
  return is_refused ? errc::refused : errc::not_there;
}

bool is_550(const row& found, std::string_view reply) {
  const bool is_of_file =
      found.cause == make_error_code(errc::refused) || found.code == CURLE_REMOTE_FILE_NOT_FOUND;
  return is_of_file && reply.starts_with("550");
}

/// libcurl keeps errno of what it called last for the socket: that is more than its own code says.
std::error_code cause_of(const row& found, int os_error) {
  return found.cause.category() == std::system_category() && os_error != 0 && os_error != EINPROGRESS &&
                 os_error != EAGAIN
             ? system_code(os_error)
             : found.cause;
}

/// Where the server's own words say more than libcurl's.
bool is_said_by_server(const row& found) {
  constexpr std::array told{errc::refused, errc::login_refused, errc::not_there};
  return std::ranges::any_of(told, [&](errc each) { return found.cause == make_error_code(each); });
}

using parsed_url = std::unique_ptr<CURLU, decltype(&curl_url_cleanup)>;

error no_url(const std::string& url) { return {make_error_code(errc::malformed), "read URL", escape(url)}; }

parsed_url parse(const std::string& url) {
  parsed_url read{curl_url(), &curl_url_cleanup};
  if (curl_url_set(read.get(), CURLUPART_URL, url.c_str(), CURLU_NON_SUPPORT_SCHEME) != CURLUE_OK)
    throw no_url(url);
  return read;
}

std::string part_of(const parsed_url& read, CURLUPart part, unsigned flags, const std::string& url) {
  char* value = nullptr;
  if (curl_url_get(read.get(), part, &value, flags) != CURLUE_OK) throw no_url(url);
  std::string text = value;
  curl_free(value);
  return text;
}

std::string url_part(const std::string& url, CURLUPart part, unsigned flags) {
  return part_of(parse(url), part, flags, url);
}

row row_of(const failed_transfer& what) {
  static const row unknown{CURLE_RECV_ERROR, "receive from", make_error_code(errc::cut_short)};
  const auto* found = std::ranges::find(table(), static_cast<CURLcode>(what.code), &row::code);
  return found == table().end() ? unknown : *found;
}

/// The same code stands for what is done while connecting and for what is done later, and for both ways.
std::string verb_of(const row& found, const failed_transfer& what) {
  if (leads_astray(what)) return "follow redirect of";
  const bool is_late = found.code == CURLE_OPERATION_TIMEDOUT;
  if (is_late && what.words.starts_with("Resolving")) return "look up";
  if (is_late && what.words.starts_with("SSL")) return "begin TLS with";
  if (is_late && what.is_connected) return "receive from";
  return what.uploads && std::string_view{found.verb} == "fetch from" ? "send to" : found.verb;
}

/// The next step, or more of the cause; where it is empty the usual one for that cause.
std::string hint_of(const row& found, const failed_transfer& what) {
  if (found.code == CURLE_COULDNT_CONNECT) return {};
  if (leads_astray(what)) {
    const bool is_known = what.words.starts_with("Protocol");  // else it is not what what.url says
    return "it points to " + (is_known ? escape(without_login(what.url)) : "a scheme that nobody knows") +
           ": http goes on to http and https, https to https alone";
  }
  if (is_said_by_server(found) && !what.reply.empty()) return "the server said: " + escape(what.reply);
  if (what.words.starts_with("unable to set private key"))
    return escape(what.words) + "; one that is encrypted must be decrypted before";
  if (!what.words.empty() && !what.words.starts_with(silent_end)) return escape(what.words);
  return found.code == CURLE_OUT_OF_MEMORY ? "a line of what it said is too long" : "";
}

}  // namespace

error transfer_error(const failed_transfer& what) {
  row found = row_of(what);
  if (is_broken_protocol(what.words)) found.cause = make_error_code(errc::protocol_broken);
  if (leads_astray(what)) found.cause = make_error_code(errc::refused);
  if (is_refused(found.code, what.words, what.reply)) found.cause = make_error_code(errc::refused);
  if (what.words.starts_with(silent_end)) found.cause = make_error_code(errc::cut_short);
  const std::error_code cause = is_550(found, what.reply) ? make_error_code(cause_of_550(found, what.reply))
                                                          : cause_of(found, what.os_error);
  return {cause, verb_of(found, what), what.server, hint_of(found, what)};
}

std::string server_of(const std::string& url) {
  return url_part(url, CURLUPART_HOST, 0) + ":" + url_part(url, CURLUPART_PORT, CURLU_DEFAULT_PORT);
}

std::string without_login(const std::string& url) {
  const parsed_url read = parse(url);
  curl_url_set(read.get(), CURLUPART_USER, nullptr, 0);
  curl_url_set(read.get(), CURLUPART_PASSWORD, nullptr, 0);
  return part_of(read, CURLUPART_URL, 0, url);
}

std::string scheme_of(const std::string& url) { return url_part(url, CURLUPART_SCHEME, 0); }

long curl_milliseconds(duration limit) noexcept {
  const auto whole =
      std::chrono::ceil<std::chrono::milliseconds>(std::min(limit, duration{INT_MAX} * 1000000));
  return std::max<long>(1, static_cast<long>(whole.count()));
}

long curl_family(family wanted) noexcept {
  if (wanted == family::inet) return CURL_IPRESOLVE_V4;
  return wanted == family::inet6 ? CURL_IPRESOLVE_V6 : CURL_IPRESOLVE_WHATEVER;
}

}  // namespace ahoy::inline v0
