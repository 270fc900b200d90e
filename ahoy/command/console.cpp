#include <ahoy/command/console.hpp>
#include <ahoy/command/did_you_mean.hpp>
#include <ahoy/command/dump.hpp>
#include <ahoy/command/json.hpp>
#include <ahoy/connection/security.hpp>
#include <ahoy/error/error.hpp>
#include <ahoy/error/escape.hpp>

#include <fmt/format.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>

namespace ahoy::inline v0 {

namespace {

constexpr std::array<std::string_view, 3> command_names = {"/who", "/kick", "/quit"};

std::string credentials(connection& link) {
  ucred who{};
  socklen_t size = sizeof who;
  const bool known = link.transport() == "unix" && link.native() &&
                     ::getsockopt(link.native()->number(), SOL_SOCKET, SO_PEERCRED, &who, &size) == 0;
  return known ? fmt::format(", pid {} uid {}", who.pid, who.uid) : std::string{};
}

std::string state_of(const callers::caller& each) {
  if (each.waiting) return ", waiting";
  return each.is_secure && !each.has_joined ? ", shaking hands" : "";
}

/// What it speaks, and whose key it showed.
std::string protocol_of(const connection& link) {
  const auto* secure = dynamic_cast<const secure_connection*>(&link);
  const std::string key = secure ? secure->peer_key() : std::string{};
  return fmt::format("{}{}{}", link.transport(), key.empty() ? "" : " sha256=", key);
}

std::string described(callers::caller& each) {
  connection& link = each.link();
  const auto counted = callers::traffic_of(each);
  const std::string bytes =
      counted ? fmt::format("{} bytes received, {} sent", counted->received, counted->sent) : "at a worker";
  return fmt::format("[{}] {} {} <- {} since {}, {}{}{}", link.label(), protocol_of(link),
                     link.local().to_string(), link.remote().to_string(), timestamp(each.since), bytes,
                     credentials(link), state_of(each));
}

std::pair<std::string_view, std::string_view> split(std::string_view line) {
  const std::size_t space = line.find(' ');
  if (space == std::string_view::npos) return {line, {}};
  return {line.substr(0, space), line.substr(space + 1)};
}

}  // namespace

std::vector<std::string> console_words(server& serving, std::string_view line) {
  const bool first_word = line.find(' ') == std::string_view::npos;
  const bool kicks = line.starts_with("/kick ");
  std::vector<std::string> words;
  if (first_word) words.assign(command_names.begin(), command_names.end());
  if (!first_word && !kicks) return words;
  for (const callers::caller& each : serving.callers())
    words.push_back((kicks ? "" : "@") + each.link().label());
  return words;
}

task<> console::obey(std::string line) {
  if (options_.json) {
    const json_request asked = parse_json_line(line);
    if (asked.to)
      co_await say_to(*asked.to, asked.text);
    else
      co_await say_to_all(asked.text);
    co_return;
  }
  const bool doubled = line.starts_with("//") || line.starts_with("@@");
  if (!options_.commands || line.empty() || (line[0] != '/' && line[0] != '@')) {
    co_await say_to_all(std::move(line));
  } else if (doubled) {
    co_await say_to_all(line.substr(1));
  } else {
    co_await obey_command(line);
  }
}

task<> console::obey_command(std::string_view line) {
  const auto [word, rest] = split(line);
  if (word[0] == '@') {
    if (word.size() == 1 || rest.empty()) co_return report_.note("usage: @NAME text");
    co_await say_to(std::string{word.substr(1)}, std::string{rest});
    co_return;
  }
  struct row {
    std::string_view name;
    void (console::*act)(std::string_view);
  };
  constexpr std::array<row, 3> commands = {row{"/who", &console::who}, row{"/kick", &console::kick},
                                           row{"/quit", &console::quit}};
  for (const row& each : commands) {
    if (each.name != word) continue;
    (this->*each.act)(rest);
    co_return;
  }
  report_.note(fmt::format("ahoy: {}: there is no such command", escape(word)));
  const auto meant = did_you_mean(word, command_names);
  report_.note(
      meant ? fmt::format("did you mean {}?", *meant)
            : "the commands are /who, /kick NAME and /quit; // at the beginning says a line to callers");
}

/// Whether the messages of one who hears it, `to` or anybody, have to be told from each other by their
/// content.
bool console::needs_framing(std::string_view to) {
  return std::ranges::any_of(serving_.callers(), [&](const callers::caller& each) {
    return !each.link().keeps_boundaries() && (to.empty() || each.link().label() == to);
  });
}

bool console::can_be_said(std::string_view text, std::string_view to) {
  if (!meeting_) {
    report_.note("ahoy: nobody hears that: only the handlers talk and relay pass on what is typed");
    return false;
  }
  if (!needs_framing(to)) return true;
  try {
    static_cast<void>(frame_parts(meeting_->options().framing, text));
    return true;
  } catch (const error& refused) {
    report_.note(fmt::format("ahoy: {}", refused.what()));
    report_.note(refused.hint());
    return false;
  }
}

task<> console::say_to_all(std::string text) {
  if (!can_be_said(text, {})) co_return;
  const bool is_nobody_here = serving_.callers().size() == 0;
  if (is_nobody_here && !was_told_of_nobody_) report_.note("ahoy: nobody is here who could hear that");
  was_told_of_nobody_ = is_nobody_here;
  co_await meeting_->room(by_).say_to_all(std::move(text));
}

task<> console::say_to(std::string name, std::string text) {
  if (!can_be_said(text, name)) co_return;
  const bool found = co_await meeting_->room(by_).say_to(name, std::move(text));
  if (!found) say_nobody_is(name);
}

void console::say_nobody_is(std::string_view name) {
  report_.note(fmt::format("ahoy: nobody here is called {}; {}", escape(name),
                           options_.json ? "the events join and leave tell who is" : "/who shows who is"));
}

void console::who(std::string_view) {
  if (serving_.callers().size() == 0) report_.note("nobody is here");
  for (callers::caller& each : serving_.callers()) report_.note(described(each));
}

/// Completion leaves a space behind a name.
void console::kick(std::string_view name) {
  name = name.substr(0, name.find_last_not_of(' ') + 1);
  if (name.empty()) return report_.note("usage: /kick NAME; /who shows who is here");
  callers::caller* found = serving_.callers().find(name.starts_with('@') ? name.substr(1) : name);
  if (found)
    callers::kick(*found);
  else
    say_nobody_is(name);
}

void console::quit(std::string_view) { serving_.stop(); }

}  // namespace ahoy::inline v0
