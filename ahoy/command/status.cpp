#include <ahoy/command/standard_streams.hpp>
#include <ahoy/command/status.hpp>
#include <ahoy/command/usage_error.hpp>
#include <ahoy/error/escape.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace ahoy::inline v0 {
namespace {

constexpr std::array meanings{
    status_meaning{status::done, "Done: for send, confirmed as --confirm asks."},
    status_meaning{status::fault,
                   "A fault of ours: a bug, or no memory; for listen --once --exec, its program failed."},
    status_meaning{status::usage, "Usage: a verb, option, value or endpoint that cannot be."},
    status_meaning{status::host_not_found, "Host not found, or the name servers did not answer."},
    status_meaning{status::not_connected, "Not connected: refused, or unreachable."},
    status_meaning{status::protocol_broken, "The peer broke the protocol."},
    status_meaning{
        status::not_confirmed,
        "Not all that was sent is confirmed; for send, whatever the system calls the cause, once anything "
        "was sent. When --timeout ends it, it is 28."},
    status_meaning{status::refused, "The server refused: HTTP 400 and above, or what its protocol says so."},
    status_meaning{status::output_failed, "Our output could not be written."},
    status_meaning{status::input_failed, "Our input could not be read."},
    status_meaning{status::timed_out, "Time ran out: that of --timeout or --connect-timeout."},
    status_meaning{status::tls_failed, "No TLS: the handshake failed, or the server has none."},
    status_meaning{status::local_address, "The local address is not usable: in use, not ours, not allowed."},
    status_meaning{status::send_failed, "Sending failed, and nothing was sent."},
    status_meaning{status::receive_failed, "Receiving failed or was cut short: a reset, for instance."},
    status_meaning{status::not_trusted,
                   "The server's certificate is not trusted, or the token is not the same."},
    status_meaning{status::too_long, "A message, or what was fetched, is over its size limit."},
    status_meaning{status::login_refused, "The server refused the login, or asks for one."},
    status_meaning{status::not_there, "The server has no such thing: HTTP 404 and 410, for instance."},
};

enum class family_of_cause { any, errno_value, ahoy, usage };

// The first row that fits holds. An empty verb fits all, else the first word of the error's must be it.
struct rule {
  std::string_view verb;
  family_of_cause family;
  int value;  // 0: every one of the family
  status result;
};

constexpr rule of_errno(std::string_view verb, int value, status result) {
  return {verb, family_of_cause::errno_value, value, result};
}
constexpr rule of_ahoy(errc cause, status result) {
  return {"", family_of_cause::ahoy, static_cast<int>(cause), result};
}
constexpr rule of_verb(std::string_view verb, status result) {
  return {verb, family_of_cause::any, 0, result};
}

constexpr std::array rules{
    rule{"", family_of_cause::usage, 0, status::usage},
    of_verb("prove", status::not_trusted),
    of_ahoy(errc::host_not_found, status::host_not_found),
    of_ahoy(errc::lookup_unanswered, status::host_not_found),
    of_ahoy(errc::service_not_found, status::usage),
    of_ahoy(errc::malformed, status::usage),
    of_ahoy(errc::out_of_range, status::usage),
    of_ahoy(errc::too_long, status::too_long),
    of_ahoy(errc::protocol_broken, status::protocol_broken),
    of_ahoy(errc::cut_short, status::receive_failed),
    of_ahoy(errc::refused, status::refused),
    of_ahoy(errc::login_refused, status::login_refused),
    of_ahoy(errc::not_there, status::not_there),
    of_ahoy(errc::not_trusted, status::not_trusted),
    of_ahoy(errc::handshake_failed, status::tls_failed),
    of_errno("", ETIMEDOUT, status::timed_out),
    of_errno("", ENOMEM, status::fault),
    of_errno("", EMFILE, status::fault),
    of_errno("", ENFILE, status::fault),
    // A datagram's peer says so with ICMP, once something was sent.
    of_errno("receive", ECONNREFUSED, status::not_connected),
    of_errno("send", ECONNREFUSED, status::not_connected),
    of_errno("send", ENETUNREACH, status::not_connected),
    of_errno("send", EHOSTUNREACH, status::not_connected),
    of_errno("send", EMSGSIZE, status::too_long),
    of_errno("send", EADDRNOTAVAIL, status::local_address),
    of_verb("look", status::host_not_found),
    of_verb("connect", status::not_connected),
    of_verb("bind", status::local_address),
    of_verb("listen", status::local_address),
    of_verb("join", status::local_address),
    of_verb("compare", status::protocol_broken),
    of_verb("draw", status::output_failed),
    of_verb("attach", status::input_failed),
    of_verb("save", status::output_failed),
    of_verb("log", status::output_failed),
    of_verb("become", status::usage),  // another user
    of_verb("keep", status::usage),    // the user's folder, which HOME or XDG_CONFIG_HOME names
    of_verb("make", status::usage),
    of_verb("lock", status::usage),
    of_errno("read", ENOENT, status::usage),  // a file that an option names
    of_errno("read", EACCES, status::usage),
    of_errno("read", EISDIR, status::usage),
    of_errno("read", ENOTDIR, status::usage),
    of_errno("read", EFBIG, status::usage),
    of_verb("run", status::usage),  // a program that cannot be, found before anybody is served
    of_verb("send", status::send_failed),
    of_verb("receive", status::receive_failed),
};

family_of_cause family_of(const std::error_code& cause) {
  if (cause.category() == usage_category()) return family_of_cause::usage;
  if (cause.category() == error_category()) return family_of_cause::ahoy;
  const bool is_errno =
      cause.category() == std::system_category() || cause.category() == std::generic_category();
  return is_errno ? family_of_cause::errno_value : family_of_cause::any;
}

bool fits(const rule& row, std::string_view verb, const std::error_code& cause) {
  return (row.verb.empty() || row.verb == verb) &&
         (row.family == family_of_cause::any || row.family == family_of(cause)) &&
         (row.value == 0 || row.value == cause.value());
}

}  // namespace

std::span<const status_meaning> status_meanings() noexcept { return meanings; }

status status_of(const error& failure) noexcept {
  if (is_output_error(failure)) return status::output_failed;
  if (is_input_error(failure)) return status::input_failed;
  const std::string_view verb = failure.verb();
  const auto first_word = verb.substr(0, verb.find(' '));
  const auto* found =
      std::ranges::find_if(rules, [&](const rule& row) { return fits(row, first_word, failure.code()); });
  return found == rules.end() ? status::fault : found->result;
}

namespace {

/// What follows the hint where an option takes the next step, of which the library does not know: else empty.
std::string_view step_by_option(const error& failure) {
  const bool is_limit = failure.code() == errc::too_long && !failure.hint().empty();
  if (is_limit && failure.verb().starts_with("fetch")) return "; --max-size changes it";
  if (is_limit && (failure.verb().starts_with("receive") || failure.verb().starts_with("read")))
    return "; --max-message changes it";
  const bool lacks_key =
      failure.verb() == "read key from" && failure.hint().find("beside the certificate") != std::string::npos;
  return lacks_key ? "; or --key FILE names another file" : "";
}

}  // namespace

std::string report_text(const error& failure) {
  auto text = "ahoy: " + escape_controls(failure.what()) + "\n";
  if (failure.hint().empty()) return text;
  return fmt::format("{}{}{}\n", text, escape_controls(failure.hint()), step_by_option(failure));
}

void report(const error& failure) noexcept {
  try {
    write_to_stderr(report_text(failure));
  } catch (const std::bad_alloc&) {
    write_to_stderr("ahoy: out of memory\n");
  }
}

}  // namespace ahoy::inline v0
