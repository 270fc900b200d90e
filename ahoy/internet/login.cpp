#include <ahoy/command/signals.hpp>
#include <ahoy/error/error.hpp>
#include <ahoy/error/escape.hpp>
#include <ahoy/internet/login.hpp>
#include <ahoy/protocol/netrc.hpp>
#include <ahoy/socket/fd.hpp>

#include <fcntl.h>
#include <fmt/format.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>

namespace ahoy::inline v0 {

namespace {

constexpr std::size_t largest_netrc = std::size_t{1024} * 1024;
constexpr std::size_t longest_password = 1024;

/// A terminal that shows nothing of what is typed, and sends no signals that would leave it so, while it
/// lives.
class without_echo {
 public:
  explicit without_echo(int terminal) : terminal_{terminal} {
    ::tcgetattr(terminal_, &before_);
    termios quiet = before_;
    quiet.c_lflag &= ~static_cast<tcflag_t>(ECHO | ICANON | ISIG);
    ::tcsetattr(terminal_, TCSAFLUSH, &quiet);
  }
  without_echo(const without_echo&) = delete;
  without_echo& operator=(const without_echo&) = delete;
  ~without_echo() { ::tcsetattr(terminal_, TCSAFLUSH, &before_); }

 private:
  int terminal_;
  termios before_{};
};

// As the terminal itself would take them.
constexpr char interrupt = 3;
constexpr char end_of_input = 4;
constexpr char erase_line = 21;
constexpr char erase = 127;
constexpr char backspace = 8;

void write_to(int terminal, std::string_view text) {
  [[maybe_unused]] const ssize_t written = ::write(terminal, text.data(), text.size());
}

/// Nothing where Ctrl-C was typed.
std::optional<std::string> read_secret(int terminal) {
  const without_echo quiet{terminal};
  std::string line;
  for (char each = 0; line.size() < longest_password && ::read(terminal, &each, 1) == 1;) {
    if (each == '\n' || each == end_of_input) break;
    if (each == interrupt) return std::nullopt;
    if (each == erase_line)
      line.clear();
    else if (each != erase && each != backspace)
      line += each;
    else if (!line.empty())
      line.pop_back();
  }
  return line;
}

std::string ask_password(const std::string& user, const std::string& host) {
  const fd terminal{::open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY)};
  if (!terminal)
    throw error{make_error_code(errc::login_refused), "log in to", host,
                "no password, and no terminal to ask on: write --user NAME:PASSWORD, or a line in ~/.netrc"};
  write_to(terminal.get(), fmt::format("password of {} at {}: ", escape(user), escape(host)));
  std::optional<std::string> password = read_secret(terminal.get());
  write_to(terminal.get(), "\n");
  if (!password) end_by_signal(SIGINT);
  return *std::move(password);
}

std::string netrc_name() {
  if (const char* named = std::getenv("NETRC"))
    return named;                          // NOLINT(concurrency-mt-unsafe): nobody sets it
  const char* home = std::getenv("HOME");  // NOLINT(concurrency-mt-unsafe)
  return home ? std::string{home} + "/.netrc" : std::string{};
}

std::string read_all(int file) {
  std::string text;
  std::array<char, 4096> piece{};
  for (ssize_t size = 0;
       (size = ::read(file, piece.data(), piece.size())) > 0 && text.size() < largest_netrc;)
    text.append(piece.data(), static_cast<std::size_t>(size));
  return text;
}

/// Empty where there is none.
std::string read_netrc() {
  const std::string name = netrc_name();
  const fd file{name.empty() ? -1 : ::open(name.c_str(), O_RDONLY | O_CLOEXEC)};
  return file ? read_all(file.get()) : std::string{};
}

}  // namespace

credentials login_for(const internet_options& given) {
  if (given.user && given.password) return {*given.user, *given.password};
  const std::string host = given.to.host.text();
  if (auto known = netrc_entry(read_netrc(), host, given.user.value_or(""))) return *std::move(known);
  if (!given.user) return {};
  return {*given.user, ask_password(*given.user, host)};
}

}  // namespace ahoy::inline v0
