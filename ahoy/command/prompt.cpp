#include <ahoy/command/module.hpp>
#include <ahoy/command/prompt.hpp>
#include <ahoy/command/prompt_module.hpp>
#include <ahoy/command/signals.hpp>
#include <ahoy/error/error.hpp>

#include <poll.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <cerrno>

namespace ahoy::inline v0 {

namespace {

const ahoy_prompt_functions* load(std::string& why) {
  return static_cast<const ahoy_prompt_functions*>(module_symbol("prompt", "ahoy_prompt_module", why));
}

/// Another job's terminal is not ours to change or to read: either would stop us (SIGTTOU, SIGTTIN).
bool is_in_foreground() noexcept {
  const pid_t foreground = ::tcgetpgrp(STDIN_FILENO);
  return foreground < 0 || foreground == ::getpgrp();  // negative: not the terminal that controls us
}

constexpr std::array ending_signals{SIGINT, SIGTERM, SIGHUP, SIGQUIT};
termios settings_before{};
termios settings_meanwhile{};
int went_on = -1;  // an eventfd

/// Async-signal-safe.
void give_terminal_back(int signal) noexcept {
  if (is_in_foreground()) static_cast<void>(::tcsetattr(STDIN_FILENO, TCSANOW, &settings_before));
  end_by_signal(signal);
}

/// Async-signal-safe. A shell may have put us in the background: then it tells us again (SIGCONT) when we are
/// back.
void take_terminal_again(int) noexcept {
  const int failure = errno;
  if (is_in_foreground()) static_cast<void>(::tcsetattr(STDIN_FILENO, TCSANOW, &settings_meanwhile));
  static_cast<void>(::eventfd_write(went_on, 1));
  errno = failure;
}

/// Where `from` is what happens at a signal, `to` shall.
void replace_disposition(int signal, void (*from)(int), void (*to)(int)) noexcept {
  struct sigaction now{};
  if (::sigaction(signal, nullptr, &now) != 0 || now.sa_handler != from) return;
  now = {};
  now.sa_handler = to;
  now.sa_flags = SA_RESTART;
  static_cast<void>(::sigaction(signal, &now, nullptr));
}

/// Async-signal-safe. The row that the cursor is in goes, so that the shell's line begins where one begins.
void stop_without_terminal(int) noexcept {
  static constexpr std::string_view erase_row = "\r\x1b[J";
  const int failure = errno;
  if (is_in_foreground()) {
    [[maybe_unused]] const ssize_t put = ::write(STDERR_FILENO, erase_row.data(), erase_row.size());
    static_cast<void>(::tcsetattr(STDIN_FILENO, TCSANOW, &settings_before));
  }
  stop_by_signal();
  replace_disposition(SIGTSTP, SIG_DFL, stop_without_terminal);
  take_terminal_again(SIGCONT);
  errno = failure;
}

void remember_settings() noexcept {
  static_cast<void>(::tcgetattr(STDIN_FILENO, &settings_before));
  for (const int each : ending_signals) replace_disposition(each, SIG_DFL, give_terminal_back);
}

void obey_job_control(const fd& told) noexcept {
  static_cast<void>(::tcgetattr(STDIN_FILENO, &settings_meanwhile));
  went_on = told.get();
  replace_disposition(SIGTSTP, SIG_DFL, stop_without_terminal);
  replace_disposition(SIGCONT, SIG_DFL, take_terminal_again);
}

void leave_job_control() noexcept {
  replace_disposition(SIGTSTP, stop_without_terminal, SIG_DFL);
  replace_disposition(SIGCONT, take_terminal_again, SIG_DFL);
}

/// Readable when one of them is.
fd either(int one, int other) {
  fd both{::epoll_create1(EPOLL_CLOEXEC)};
  epoll_event asked{.events = EPOLLIN, .data = {}};
  for (const int each : {one, other})
    if (::epoll_ctl(both.get(), EPOLL_CTL_ADD, each, &asked) != 0)
      throw error{system_code(errno), "wait for", "standard input"};
  return both;
}

short at_hand() noexcept {
  pollfd asked{STDIN_FILENO, POLLIN, 0};
  return ::poll(&asked, 1, 0) > 0 ? asked.revents : short{0};
}

}  // namespace

std::unique_ptr<prompt> prompt::open(engine& by, completion words, std::string& why) {
  if (::isatty(STDIN_FILENO) == 0 || ::isatty(STDERR_FILENO) == 0 || !is_in_foreground()) return nullptr;
  const ahoy_prompt_functions* functions = load(why);
  if (!functions) return nullptr;
  remember_settings();
  std::unique_ptr<prompt> made{new prompt{by, *functions, std::move(words)}};
  if (!made->handle_) why = "the terminal cannot be edited on";
  return made->handle_ ? std::move(made) : nullptr;
}

prompt::prompt(engine& by, const ahoy_prompt_functions& functions, completion words)
    : functions_{functions},
      words_{std::move(words)},
      went_on_{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)},
      input_{by, either(STDIN_FILENO, went_on_.get())},
      shown_{by},
      handle_{functions.open("> ", &prompt::words_for, this)} {
  if (handle_) obey_job_control(went_on_);
}

prompt::~prompt() {
  leave_job_control();
  if (handle_) functions_.close(handle_);
  for (const int each : ending_signals) replace_disposition(each, give_terminal_back, SIG_DFL);
}

const char* prompt::words_for(void* self, const char* line) {
  auto& own = *static_cast<prompt*>(self);
  own.offered_.clear();
  for (const std::string& each : own.words_(line)) own.offered_ += each + "\n";
  return own.offered_.c_str();
}

task<std::optional<std::string>> prompt::read_line() {
  for (;;) {
    co_await input_.engine().ready(input_, POLLIN);
    come_back_if_away();
    if ((at_hand() & (POLLHUP | POLLERR)) != 0) co_return std::nullopt;  // the terminal has gone
    if (!is_in_foreground()) {
      co_await edge_operation{&input_};
      continue;
    }
    while (hidden_ > 0) co_await shown_.wait();
    if ((at_hand() & POLLIN) == 0) continue;
    const char* line = nullptr;
    const ahoy_prompt_result result = functions_.feed(handle_, &line);
    if (result == ahoy_prompt_line) co_return std::string{line};
    if (result == ahoy_prompt_end) co_return std::nullopt;
  }
}

void prompt::hide() {
  if (hidden_++ == 0 && drawn_) functions_.hide(handle_);
}

void prompt::show() {
  if (--hidden_ > 0) return;
  draw();
  shown_.notify();
}

/// Not among what another job shows.
void prompt::draw() {
  drawn_ = is_in_foreground();
  if (drawn_) functions_.show(handle_);
}

/// Not every shell tells one that went on in the background when it is in the foreground again: then we
/// notice when a line was typed.
void prompt::come_back_if_away() {
  eventfd_t times = 0;
  const bool was_stopped = ::eventfd_read(went_on_.get(), &times) == 0;
  if ((!was_stopped && drawn_) || hidden_ > 0) return;
  if (is_in_foreground()) static_cast<void>(::tcsetattr(STDIN_FILENO, TCSANOW, &settings_meanwhile));
  draw();
}

}  // namespace ahoy::inline v0
