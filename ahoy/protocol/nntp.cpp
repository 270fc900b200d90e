#include <ahoy/connection/tls.hpp>
#include <ahoy/error/error.hpp>
#include <ahoy/error/escape.hpp>
#include <ahoy/message/base64.hpp>
#include <ahoy/protocol/nntp.hpp>
#include <ahoy/protocol/open_carrier.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <vector>

namespace ahoy::inline v0 {

namespace {

/// A command with its end (RFC 3977, section 3.1).
constexpr std::size_t longest_command = 512;
constexpr std::size_t most_format_lines = 100;
constexpr std::size_t most_capability_lines = 1000;

/// What a code means where another was expected (RFC 3977, section 3.2 and appendix C; RFC 4643,
/// section 2.4). What is not here is refused from 400 on, and below it breaks the protocol.
struct meaning {
  int code;
  errc cause;
};
constexpr std::array meanings{
    meaning{411, errc::not_there},      // no such newsgroup
    meaning{420, errc::not_there},      // it has no article
    meaning{421, errc::not_there},      // no next one
    meaning{422, errc::not_there},      // none before
    meaning{423, errc::not_there},      // no article with that number
    meaning{430, errc::not_there},      // none with that message-id
    meaning{480, errc::login_refused},  // it wants one
    meaning{481, errc::login_refused},  // not this one
    meaning{482, errc::login_refused},  // out of sequence
    meaning{483, errc::login_refused},  // not without encryption
    meaning{502, errc::login_refused},  // not allowed
};

errc cause_of(int code) {
  const auto* found = std::ranges::find(meanings, code, &meaning::code);
  if (found != meanings.end()) return found->cause;
  return code >= 400 ? errc::refused : errc::protocol_broken;
}

constexpr int unknown_command = 500;
constexpr int syntax_error = 501;
constexpr int no_such_facility = 503;

bool is_unknown(int code) {
  return code == unknown_command || code == syntax_error || code == no_such_facility;
}

/// A word of a command that somebody else chose: it must not begin another.
std::string checked_word(const std::string& word) {
  const auto is_bad = [](char each) { return static_cast<unsigned char>(each) <= ' ' || each == 0x7f; };
  if (word.empty() || std::ranges::any_of(word, is_bad))
    throw error{make_error_code(errc::malformed), "ask for", escape(word),
                "it has no spaces and no control bytes"};
  return word;
}

/// A name or password, in which a space may be.
std::string checked_secret(const std::string& text) {
  if (text.find_first_of(std::string_view{"\r\n\0", 3}) != std::string::npos)
    throw error{make_error_code(errc::malformed), "log in", "",
                "neither name nor password has a line end or a NUL"};
  return text;
}

std::string with_wildmat(const std::string& command, const std::string& wildmat) {
  return wildmat.empty() ? command : command + " " + checked_word(wildmat);
}

}  // namespace

nntp_client::nntp_client(std::unique_ptr<carrier> over, host server, transfer_options how)
    : channel_{std::move(over), how.observer}, server_{std::move(server)}, how_{std::move(how)} {}

void nntp_client::refuse(const char* verb, const answer& got) const {
  throw error{make_error_code(cause_of(got.code)), verb, channel_.peer(),
              escape(fmt::format("the server said: {} {}", got.code, got.text))};
}

task<nntp_client::answer> nntp_client::receive_answer() {
  const std::string line = co_await channel_.receive_line();
  const auto read = parse_nntp_reply(line);
  if (!read)
    throw error{make_error_code(errc::protocol_broken), "receive from", channel_.peer(),
                "the server said: " + escape(line.substr(0, longest_command))};
  co_return answer{read->code, std::string{read->text}};
}

task<nntp_client::answer> nntp_client::say(std::string command) {
  command += "\r\n";
  if (command.size() > longest_command)
    throw error{make_error_code(errc::malformed), "ask", channel_.peer(), "a command has at most 512 bytes"};
  co_await channel_.send_lines(command);
  answer got = co_await receive_answer();
  co_return got;
}

task<nntp_client::answer> nntp_client::ask(std::string command) {
  answer got = co_await say(command);
  const bool wants_login = got.code == 480 && !how_.login.empty() && !has_logged_in_;
  if (wants_login) {
    co_await log_in();
    got = co_await say(std::move(command));
  }
  co_return got;
}

task<nntp_client::answer> nntp_client::ask_for(std::string command, int code) {
  answer got = co_await ask(std::move(command));
  if (got.code != code) refuse("fetch from", got);
  co_return got;
}

task<> nntp_client::begin() {
  const answer greeting = co_await receive_answer();
  if (greeting.code != 200 && greeting.code != 201) refuse("talk to", greeting);
  co_await learn();
  co_await become_reader();
  if (how_.starts_tls) co_await start_tls();
  if (!how_.login.empty()) co_await log_in();
}

task<> nntp_client::learn() {
  capabilities_ = {};
  const answer got = co_await say("CAPABILITIES");
  if (is_unknown(got.code) || got.code == 480) co_return;
  if (got.code != 101) refuse("talk to", got);
  for (std::size_t count = 0; count < most_capability_lines; ++count) {
    const std::string line = co_await channel_.receive_line();
    if (line == ".") co_return;
    capabilities_.add(line);
  }
  throw error{make_error_code(errc::protocol_broken), "receive from", channel_.peer(),
              "it has too many capabilities"};
}

/// Some servers begin as one for other servers (RFC 3977, section 5.3), and take no login or TLS before this.
task<> nntp_client::become_reader() {
  if (is_reader_) co_return;
  is_reader_ = capabilities_.has("READER");
  if (is_reader_) co_return;
  const answer got = co_await say("MODE READER");
  if (got.code == 480) co_return;  // once we are logged in
  is_reader_ = got.code == 200 || got.code == 201 || is_unknown(got.code);
  if (!is_reader_) refuse("talk to", got);
  if (!capabilities_.empty()) co_await learn();
}

task<> nntp_client::start_tls() {
  const bool cannot = !capabilities_.empty() && !capabilities_.has("STARTTLS");
  if (cannot)
    throw error{make_error_code(errc::handshake_failed), "begin TLS with", channel_.peer(),
                "the server has no STARTTLS"};
  const answer got = co_await say("STARTTLS");
  if (got.code != 382)
    throw error{make_error_code(errc::handshake_failed), "begin TLS with", channel_.peer(),
                escape(fmt::format("the server said: {} {}", got.code, got.text))};
  connection* secure = nullptr;
  channel_.go_over([&](std::unique_ptr<carrier> below) {
    auto made = make_tls_client(how_.tls)->over(below->release(), server_, below->peer());
    secure = made.get();
    return carry_over(std::move(made), below->peer());
  });
  co_await secure->handshake();
  co_await learn();  // what was said in the clear does not count (RFC 4642, section 2.2.2)
}

task<> nntp_client::log_in() {
  has_logged_in_ = true;
  const bool by_sasl = capabilities_.has("SASL", "PLAIN") && !capabilities_.has("AUTHINFO", "USER");
  task<answer> logging_in = by_sasl ? log_in_by_sasl() : log_in_by_name();
  const answer got = co_await std::move(logging_in);
  if (got.code != 281) refuse("log in to", got);
  co_await become_reader();
}

task<nntp_client::answer> nntp_client::log_in_by_name() {
  answer got = co_await say("AUTHINFO USER " + checked_secret(how_.login.user));
  if (got.code == 381) got = co_await say("AUTHINFO PASS " + checked_secret(how_.login.password));
  co_return got;
}

/// RFC 4616: nobody else's rights, the name, the password.
task<nntp_client::answer> nntp_client::log_in_by_sasl() {
  const std::string nul(1, '\0');
  const std::string words =
      base64_encoded(nul + checked_secret(how_.login.user) + nul + checked_secret(how_.login.password));
  answer got = co_await say("AUTHINFO SASL PLAIN " + words);
  if (got.code == 383) got = co_await say(words);
  co_return got;
}

task<nntp_group_list> nntp_client::groups(std::string wildmat) {
  co_await ask_for(with_wildmat("LIST ACTIVE", wildmat), 215);
  co_return nntp_group_list{nntp_lines{&channel_, how_.max_size}, nntp_group_reader{std::move(wildmat)}};
}

task<nntp_description_list> nntp_client::descriptions(std::string wildmat) {
  co_await ask_for(with_wildmat("LIST NEWSGROUPS", wildmat), 215);
  co_return nntp_description_list{nntp_lines{&channel_, how_.max_size},
                                  nntp_description_reader{std::move(wildmat)}};
}

task<nntp_selection> nntp_client::group(std::string name) {
  const answer got = co_await ask_for("GROUP " + checked_word(name), 211);
  const auto read = parse_nntp_selection(got.text);
  if (!read)
    throw error{make_error_code(errc::protocol_broken), "receive from", channel_.peer(),
                "the server said: 211 " + escape(got.text)};
  co_return *read;
}

task<> nntp_client::learn_format() {
  if (format_) co_return;
  const answer got = co_await ask("LIST OVERVIEW.FMT");
  format_.emplace();
  if (got.code >= 400 && cause_of(got.code) == errc::refused) co_return;
  if (got.code != 215) refuse("fetch from", got);
  std::vector<std::string> names;
  for (;;) {
    std::string line = co_await channel_.receive_line();
    if (line == ".") break;
    names.push_back(std::move(line));
    if (names.size() > most_format_lines)
      throw error{make_error_code(errc::protocol_broken), "receive from", channel_.peer(),
                  "its overview has too many fields"};
  }
  format_.emplace(names);
}

/// OVER was XOVER before RFC 3977. Nothing where the newsgroup has no such article.
task<std::optional<nntp_client::answer>> nntp_client::ask_for_overview(std::string range) {
  answer got = co_await ask("OVER " + range);
  if (got.code == unknown_command) got = co_await ask("XOVER " + range);
  if (got.code == 423 || got.code == 420) co_return std::nullopt;
  if (got.code != 224) refuse("fetch from", got);
  co_return got;
}

task<nntp_overview_list> nntp_client::overview(std::uint64_t first, std::uint64_t last) {
  co_await learn_format();
  const auto got = co_await ask_for_overview(fmt::format("{}-{}", first, last));
  co_return nntp_overview_list{nntp_lines{got ? &channel_ : nullptr, how_.max_size},
                               nntp_overview_reader{*format_}};
}

task<nntp_text> nntp_client::article(std::string which, nntp_part part) {
  struct row {
    const char* command;
    int code;
  };
  constexpr std::array rows{row{"ARTICLE ", 220}, row{"HEAD ", 221},
                            row{"BODY ", 222}};  // in the order of nntp_part
  const row& asked = rows[static_cast<std::size_t>(part)];
  co_await ask_for(asked.command + checked_word(which), asked.code);
  co_return nntp_text{&channel_, how_.max_size};
}

task<> nntp_client::begin_article() {
  const answer got = co_await ask("POST");
  if (got.code != 340) refuse("send to", got);
}

task<> nntp_client::send_article(std::string_view piece) {
  std::string wire;
  dots_.add(piece, wire);
  co_await channel_.send_raw(wire);
}

task<std::string> nntp_client::finish_article() {
  std::string wire;
  dots_.finish(wire);
  co_await channel_.send_raw(wire);
  answer got = co_await receive_answer();
  if (got.code != 240) refuse("send to", got);
  co_return std::move(got.text);
}

task<> nntp_client::quit() { co_await say("QUIT"); }

namespace {

task<std::unique_ptr<nntp_client>> open_client(engine& by, endpoint to, transfer_options how) {
  std::unique_ptr<carrier> over = co_await open_carrier(by, to, how);
  if (to.transport() == transport::tls) how.starts_tls = false;
  auto client = std::make_unique<nntp_client>(std::move(over), to.host, std::move(how));
  co_await client->begin();
  co_return client;
}

}  // namespace

task<std::unique_ptr<nntp_client>> connect_nntp(engine& by, endpoint to, transfer_options how) {
  std::unique_ptr<nntp_client> client =
      co_await in_connect_time(by, to, how.connect_timeout, open_client(by, to, how));
  co_return client;
}

}  // namespace ahoy::inline v0
