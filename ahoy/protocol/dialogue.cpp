#include <ahoy/address/ascii.hpp>
#include <ahoy/protocol/dialogue.hpp>

#include <algorithm>
#include <array>

namespace ahoy::inline v0 {

namespace {

constexpr std::string_view hidden = "****";

/// Longer lines are shown in pieces: a dialogue is for people.
constexpr std::size_t longest_line = 64 * 1024;

// Their value is a secret, or what stands for one.
constexpr std::array<std::string_view, 4> secret_headers{"authorization", "proxy-authorization", "cookie",
                                                         "set-cookie"};
// What logs in, as the protocols' commands have it.
constexpr std::array<std::string_view, 6> secret_commands{"pass",  "auth", "authenticate",
                                                          "login", "apop", "authinfo"};

/// Of "A001 LOGIN alice x" LOGIN: an IMAP command stands behind its tag.
std::string_view second_word(std::string_view line) {
  const auto end = line.find(' ');
  const auto rest = end == line.npos ? std::string_view{} : line.substr(end + 1);
  return rest.substr(0, rest.find(' '));
}

template <class Words>
bool has(const Words& words, std::string_view word) {
  return std::ranges::find(words, lower(word)) != words.end();
}

/// AUTH TLS of FTP begins TLS, and says nothing of anybody.
bool begins_tls(std::string_view line) {
  const auto words = lower(line);
  return words == "auth tls" || words == "auth ssl";
}

/// `line` up to where a secret begins; all of it where there is none.
std::string_view before_secret(std::string_view line) {
  if (begins_tls(line)) return line;
  const auto first = line.substr(0, line.find_first_of(": "));
  if (has(secret_headers, first) || has(secret_commands, first)) return line.substr(0, first.size());
  const auto second = second_word(line);
  const bool is_tagged = has(secret_commands, second) && lower(second) != "pass";
  return is_tagged ? line.substr(0, first.size() + 1 + second.size()) : line;
}

/// Commands that hold no secret: one of them ends the logging in.
bool is_plain_command(std::string_view line) {
  constexpr std::array plain{
      "ehlo",       "helo",   "mail",   "rcpt",    "data",      "bdat", "rset",    "noop", "quit",
      "capability", "capa",   "select", "examine", "list",      "lsub", "status",  "uid",  "fetch",
      "append",     "search", "store",  "copy",    "move",      "idle", "logout",  "stat", "retr",
      "top",        "dele",   "uidl",   "group",   "listgroup", "mode", "article", "head", "body",
      "over",       "xover",  "post",   "stls",    "starttls",  "pwd",  "type",    "cwd",  "pasv",
      "epsv",       "port",   "eprt",   "size",    "mdtm",      "rest", "stor",    "appe", "mlsd",
      "nlst",       "feat",   "syst",   "pbsz",    "prot",      "opts"};
  const auto word = lower(line.substr(0, line.find(' ')));
  const auto of_tag = lower(second_word(line));
  return std::ranges::any_of(plain, [&](std::string_view each) { return each == word || each == of_tag; });
}

}  // namespace

void secrets_filter::each_line(std::string_view bytes, said_by who, const dialogue_observer& observer) {
  side& of = sides_[who == said_by::us ? 0 : 1];
  for (const char each : bytes) {
    if (each != '\n') of.line += each;
    if (each != '\n' && of.line.size() < longest_line) continue;
    if (of.line.ends_with('\r')) of.line.pop_back();
    if (!of.line.empty()) show(who, observer);
    of.line.clear();
    of.is_cut = each != '\n';
  }
}

/// What is cut off a line is no line to be judged: it is hidden where its beginning was.
void secrets_filter::show(said_by who, const dialogue_observer& observer) {
  side& of = sides_[who == said_by::us ? 0 : 1];
  if (of.is_cut) return observer(who, of.is_hidden ? hidden : std::string_view{of.line});
  const std::string text = shown(of.line, who);
  of.is_hidden = text != of.line;
  observer(who, text);
}

std::string secrets_filter::shown(std::string_view line, said_by who) {
  const auto clear = before_secret(line);
  const bool is_header = line.substr(clear.size()).starts_with(':');
  if (is_header) return std::string{clear} + ": " + std::string{hidden};
  if (who == said_by::server) return std::string{line};
  is_logging_in_ = clear.size() < line.size() || (is_logging_in_ && !is_plain_command(line));
  if (!is_logging_in_) return std::string{line};
  return clear.size() < line.size() ? std::string{clear} + " " + std::string{hidden} : std::string{hidden};
}

}  // namespace ahoy::inline v0
