#include <ahoy/address/ascii.hpp>
#include <ahoy/error/error.hpp>
#include <ahoy/error/escape.hpp>
#include <ahoy/protocol/smtp.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <span>

namespace ahoy::inline v0 {

namespace {

constexpr std::size_t most_lines = 256;  // of one reply
constexpr std::size_t most_at_once =
    100;  // commands under way: the answers to more might not fit into the sockets
constexpr std::size_t longest_path = 512;  // a command's line (RFC 5321, section 4.5.3.1.4)

constexpr int start_mail_input = 354;
constexpr int closing = 421;

/// What would end the path, or the line.
bool is_hostile(char c) { return (c >= 0 && c < ' ') || c == 127 || c == '<' || c == '>'; }

bool is_ascii(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c >= 0; });
}

bool needs_utf8(const smtp_envelope& envelope) {
  return !is_ascii(envelope.from) || !std::ranges::all_of(envelope.to, is_ascii);
}

std::string recipient_command(const std::string& to) { return fmt::format("RCPT TO:<{}>\r\n", to); }

/// 0 where the line is no part of a reply.
int code_of(std::string_view line) {
  const bool is_reply = line.size() >= 3 && all_digits(line.substr(0, 3)) && line[0] >= '2' &&
                        line[0] <= '5' && (line.size() == 3 || line[3] == ' ' || line[3] == '-');
  return is_reply ? (line[0] - '0') * 100 + (line[1] - '0') * 10 + (line[2] - '0') : 0;
}

}  // namespace

smtp_client::smtp_client(std::unique_ptr<carrier> over, std::vector<std::string> extensions,
                         dialogue_observer observer)
    : channel_{std::move(over), std::move(observer)}, extensions_{std::move(extensions)} {}

bool smtp_client::has(std::string_view extension) const {
  return std::ranges::any_of(extensions_, [&](const std::string& each) {
    return equal_ignoring_case(std::string_view{each}.substr(0, each.find(' ')), extension);
  });
}

void smtp_client::check(const smtp_envelope& envelope) const {
  const auto is_bad = [](const std::string& each) {
    return each.size() > longest_path || std::ranges::any_of(each, is_hostile);
  };
  if (is_bad(envelope.from) || std::ranges::any_of(envelope.to, is_bad) || envelope.to.empty())
    throw error{make_error_code(errc::malformed), "send to", channel_.peer(),
                "an address cannot be written in a command"};
  if (needs_utf8(envelope) && !has("SMTPUTF8"))
    throw error{make_error_code(errc::refused), "send to", channel_.peer(),
                "it takes no address with other than ASCII letters"};
}

void smtp_client::refuse(std::string_view verb, const smtp_reply& reply) const {
  throw error{make_error_code(errc::refused), std::string{verb}, channel_.peer(),
              "the server said: " + escape(reply.text)};
}

task<smtp_reply> smtp_client::receive_reply() {
  smtp_reply reply;
  for (std::size_t lines = 0;; ++lines) {
    const std::string line = co_await channel_.receive_line();
    const int code = code_of(line);
    if (code == 0 || (lines > 0 && code != reply.code) || lines == most_lines)
      throw error{make_error_code(errc::protocol_broken), "receive from", channel_.peer(),
                  "no reply of SMTP: " + escape(line.substr(0, 80))};
    reply.code = code;
    reply.text += lines == 0 ? line : " " + line.substr(std::min<std::size_t>(4, line.size()));
    if (line.size() == 3 || line[3] == ' ') break;
  }
  co_return reply;
}

task<smtp_reply> smtp_client::ask(std::string command) {
  co_await channel_.send_lines(command);
  smtp_reply reply = co_await receive_reply();
  co_return reply;
}

std::string smtp_client::mail_command(const smtp_envelope& envelope) const {
  std::string command = fmt::format("MAIL FROM:<{}>", envelope.from);
  if (envelope.size && has("SIZE")) command += fmt::format(" SIZE={}", *envelope.size);
  if (has("8BITMIME")) command += " BODY=8BITMIME";
  if (needs_utf8(envelope)) command += " SMTPUTF8";
  return command + "\r\n";
}

task<std::vector<smtp_refusal>> smtp_client::begin(const smtp_envelope& envelope) {
  check(envelope);
  dots_ = {};
  is_in_doubt_ = false;
  if (has("PIPELINING")) {
    std::vector<smtp_refusal> refused = co_await begin_pipelined(envelope);
    co_return refused;
  }
  std::vector<smtp_refusal> refused = co_await begin_by_steps(envelope);
  co_return refused;
}

task<std::vector<smtp_refusal>> smtp_client::begin_by_steps(const smtp_envelope& envelope) {
  const smtp_reply mail = co_await ask(mail_command(envelope));
  if (!mail.is_positive()) refuse("send to", mail);
  std::vector<smtp_refusal> refused;
  for (const std::string& each : envelope.to) {
    const smtp_reply reply = co_await ask(recipient_command(each));
    if (reply.code == closing) refuse("send to", reply);
    if (!reply.is_positive()) refused.emplace_back(each, reply.text);
  }
  if (refused.size() == envelope.to.size()) co_return refused;
  const smtp_reply data = co_await ask("DATA\r\n");
  if (data.code != start_mail_input) refuse("send to", data);
  co_return refused;
}

/// DATA goes with the last recipients: where all are refused, a server may want text all the same (RFC 2920,
/// section 3.1).
task<std::vector<smtp_refusal>> smtp_client::begin_pipelined(const smtp_envelope& envelope) {
  std::vector<smtp_refusal> refused;
  std::string commands = mail_command(envelope);
  bool is_first = true;
  for (std::span<const std::string> left{envelope.to}; !left.empty();) {
    const auto some = left.first(std::min(left.size(), most_at_once));
    left = left.subspan(some.size());
    for (const std::string& each : some) commands += recipient_command(each);
    if (left.empty()) commands += "DATA\r\n";
    co_await channel_.send_lines(std::exchange(commands, {}));
    if (std::exchange(is_first, false)) {
      const smtp_reply mail = co_await receive_reply();
      if (!mail.is_positive()) refuse("send to", mail);
    }
    for (const std::string& each : some) {
      const smtp_reply reply = co_await receive_reply();
      if (reply.code == closing) refuse("send to", reply);
      if (!reply.is_positive()) refused.emplace_back(each, reply.text);
    }
  }
  const smtp_reply data = co_await receive_reply();
  const bool nobody_gets_it = refused.size() == envelope.to.size();
  if (nobody_gets_it && data.code == start_mail_input) co_await give_up_data();
  if (!nobody_gets_it && data.code != start_mail_input) refuse("send to", data);
  co_return refused;
}

task<> smtp_client::give_up_data() {
  const smtp_reply ignored = co_await ask(".\r\n");
  static_cast<void>(ignored);
}

/// What a server says before it closes tells more than that it did.
task<> smtp_client::explain(std::exception_ptr why) {
  smtp_reply reply;
  try {
    smtp_reply said = co_await receive_reply();
    reply = std::move(said);
  } catch (const std::system_error&) {
    std::rethrow_exception(why);
  }
  refuse("send to", reply);
}

task<> smtp_client::hand_over(std::string_view wire) {
  std::exception_ptr why;
  try {
    co_await channel_.send_raw(wire);
  } catch (const error& failed) {
    const bool is_closed =
        failed.code() == std::errc::broken_pipe || failed.code() == std::errc::connection_reset;
    if (!is_closed) throw;
    why = std::current_exception();
  }
  if (why) co_await explain(why);
}

task<> smtp_client::send(std::string_view text) {
  std::string wire;
  dots_.add(text, wire);
  co_await hand_over(wire);
}

task<smtp_reply> smtp_client::finish() {
  std::string wire;
  dots_.finish(wire);
  is_in_doubt_ = true;
  co_await hand_over(wire);
  smtp_reply reply = co_await receive_reply();
  is_in_doubt_ = false;
  if (reply.code != 250) refuse("send to", reply);
  co_return reply;
}

task<> smtp_client::quit() {
  const smtp_reply bye = co_await ask("QUIT\r\n");
  static_cast<void>(bye);
}

}  // namespace ahoy::inline v0
