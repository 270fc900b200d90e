#include <ahoy/error/error.hpp>
#include <ahoy/error/escape.hpp>
#include <ahoy/protocol/line_cutter.hpp>
#include <ahoy/protocol/pop3.hpp>
#include <ahoy/protocol/words.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace ahoy::inline v0 {

namespace {

constexpr std::size_t most_messages = std::size_t{1000} * 1000;
constexpr std::size_t longest_unique = 70;  // RFC 1939, section 7

bool is_good(std::string_view reply) { return reply == "+OK" || reply.starts_with("+OK "); }
bool is_bad(std::string_view reply) { return reply == "-ERR" || reply.starts_with("-ERR "); }

/// What is wrong now, and not with the message that was asked for (RFC 2449, section 8; RFC 3206).
bool is_of_the_server(std::string_view reply) {
  return reply.starts_with("-ERR [SYS/") || reply.starts_with("-ERR [IN-USE]");
}

}  // namespace

pop3_client::pop3_client(std::unique_ptr<carrier> over, dialogue_observer observer)
    : channel_{std::move(over), std::move(observer)} {}

void pop3_client::refuse(errc cause, const std::string& reply) const {
  throw error{make_error_code(cause), cause == errc::not_there ? "fetch from" : "ask", channel_.peer(),
              "the server said: " + escape(reply)};
}

void pop3_client::refuse_line(std::string_view line) const {
  throw error{make_error_code(errc::protocol_broken), "receive from", channel_.peer(),
              "no reply of POP3: " + escape(line.substr(0, 80))};
}

task<std::string> pop3_client::ask(std::string command) {
  co_await channel_.send_lines(command);
  std::string reply = co_await channel_.receive_line();
  if (!is_good(reply) && !is_bad(reply)) refuse_line(reply);
  co_return reply;
}

task<> pop3_client::read_list(std::function<bool(std::string_view)> take) {
  line_cutter lines;
  for (std::size_t count = 0;;) {
    const std::string piece = co_await channel_.receive_text();
    if (piece.empty()) break;
    lines.add(piece);
    for (std::string_view line; lines.next(line); ++count) {
      if (count == most_messages || !take(line)) refuse_line(line);
    }
    if (lines.kept().size() > reply_channel::longest_line) refuse_line("a line without an end");
  }
}

task<std::vector<pop3_entry>> pop3_client::list() {
  std::vector<pop3_entry> all;
  const std::string listed = co_await ask("LIST\r\n");
  if (is_bad(listed)) refuse(errc::refused, listed);
  const std::function<bool(std::string_view)> take_size = [&all](std::string_view line) {
    const auto number = read_number(take_word(line));
    const auto size = read_number(take_word(line));
    // In order, so that they can be found, and none is there twice.
    const bool is_next = number && size && *number > (all.empty() ? 0 : all.back().number);
    if (is_next) all.push_back({*number, *size, {}});
    return is_next;
  };
  co_await read_list(take_size);
  const std::string named = co_await ask("UIDL\r\n");
  if (is_bad(named)) co_return all;  // it need not have it
  const std::function<bool(std::string_view)> take_name = [&all](std::string_view line) {
    const auto number = read_number(take_word(line));
    const std::string_view unique = take_word(line);
    if (!number || unique.empty() || unique.size() > longest_unique) return false;
    const auto found = std::ranges::lower_bound(all, *number, {}, &pop3_entry::number);
    if (found != all.end() && found->number == *number) found->unique = unique;
    return true;
  };
  co_await read_list(take_name);
  co_return all;
}

task<> pop3_client::ask_for_message(std::string command) {
  const std::string reply = co_await ask(std::move(command));
  if (is_bad(reply)) refuse(is_of_the_server(reply) ? errc::refused : errc::not_there, reply);
}

task<> pop3_client::retrieve(std::uint64_t number) {
  return ask_for_message(fmt::format("RETR {}\r\n", number));
}

task<> pop3_client::top(std::uint64_t number, std::uint64_t lines) {
  return ask_for_message(fmt::format("TOP {} {}\r\n", number, lines));
}

task<> pop3_client::remove(std::uint64_t number) {
  return ask_for_message(fmt::format("DELE {}\r\n", number));
}

task<> pop3_client::quit() {
  const std::string reply = co_await ask("QUIT\r\n");
  if (is_bad(reply)) refuse(errc::refused, reply);
}

}  // namespace ahoy::inline v0
