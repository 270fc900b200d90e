#include <ahoy/address/address.hpp>
#include <ahoy/command/endpoint_words.hpp>
#include <ahoy/command/notice.hpp>
#include <ahoy/command/standard_streams.hpp>
#include <ahoy/error/escape.hpp>
#include <ahoy/internet/access.hpp>
#include <ahoy/internet/login.hpp>

#include <fmt/format.h>

namespace ahoy::inline v0 {

namespace {

bool is_encrypted(const endpoint& to) { return to.transport() == transport::tls; }

/// What stays on this machine nobody else can read.
bool is_this_machine(const host& of) {
  const std::string& text = of.text();
  return text == "localhost" || text == "::1" || text.starts_with("127.");
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

bool starts_tls(const internet_options& given, bool logs_in) {
  const bool would_leak = logs_in && !is_encrypted(given.to) && !is_this_machine(given.to.host);
  return given.starttls || (would_leak && !given.insecure);
}

transfer_options access_to(const internet_options& given) {
  transfer_options how;
  how.login = login_for(given);
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
