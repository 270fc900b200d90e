#include <ahoy/address/address.hpp>
#include <ahoy/command/endpoint_words.hpp>
#include <ahoy/command/internet_option_rows.hpp>
#include <ahoy/command/notice.hpp>
#include <ahoy/command/standard_streams.hpp>
#include <ahoy/error/escape.hpp>
#include <ahoy/internet/access.hpp>
#include <ahoy/internet/login.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace ahoy::inline v0 {

namespace {

bool is_encrypted(const endpoint& to) { return to.transport() == transport::tls; }

bool is_among(std::string_view schemes, scheme of) {
  return std::ranges::count(words_of(schemes), to_string(of)) > 0;
}

/// What stays on this machine nobody else can read. By address, or by the one name that never leaves it (RFC
/// 6761, section 6.3).
bool is_this_machine(const host& of) {
  const bool is_loopback4 = of.kind() == host_kind::inet && of.text().starts_with("127.");
  return is_loopback4 || of.text() == "::1" || of.text() == "localhost";
}

[[noreturn]] void refuse_login(const internet_options& given) {
  throw error{
      make_error_code(errc::login_refused), "log in to", escape(given.to.host.text()),
      fmt::format("it would not be encrypted on its way: write {}s://, or --insecure to send it all the same",
                  to_string(given.to.scheme))};
}

void show(said_by who, std::string_view line) {
  write_to_stderr(fmt::format("{} {}\n", who == said_by::us ? '>' : '<', escape_controls(line)));
}

std::string source_text(const std::optional<std::string>& given) {
  if (!given) return {};
  const auto [host, port] = read_source(*given);
  return host.text();
}

void say_what_is_weak(const internet_options& given) {
  if (given.insecure)
    notice(is_encrypted(given.to) || given.starttls
               ? "--insecure: whoever answers is believed, and may not be who was asked for"
               : "--insecure: nothing is encrypted, a login neither");
}

}  // namespace

bool has_login(scheme of) { return is_among(login_schemes, of); }

bool starts_tls(const internet_options& given, bool logs_in) {
  const bool would_leak =
      logs_in && !is_encrypted(given.to) && !is_this_machine(given.to.host) && !given.insecure;
  if (would_leak && !is_among(starttls_schemes, given.to.scheme)) refuse_login(given);
  return given.starttls || would_leak;
}

transfer_options access_to(const internet_options& given) {
  transfer_options how;
  if (has_login(given.to.scheme)) how.login = login_for(given);
  how.tls.authorities = given.cacert;
  how.tls.certificate = given.cert;
  how.tls.key = given.key;
  how.tls.insecure = given.insecure;
  how.starts_tls = starts_tls(given, !how.login.empty());
  how.connect_timeout = given.connect_timeout;
  how.wanted = given.wanted;
  how.source = source_text(given.source);
  if (given.verbose > 0) how.observer = show;
  say_what_is_weak(given);
  return how;
}

std::string url_of(const internet_options& given) {
  endpoint plain = given.to;
  plain.fragment.clear();
  return plain.to_string();
}

std::string server_url_of(const internet_options& given) {
  endpoint plain = given.to;
  plain.fragment.clear();
  plain.path.clear();
  return plain.to_string();
}

}  // namespace ahoy::inline v0
