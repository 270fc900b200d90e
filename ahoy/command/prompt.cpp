#include <ahoy/command/prompt.hpp>
#include <ahoy/command/prompt_module.hpp>
#include <ahoy/command/signals.hpp>

#include <dlfcn.h>
#include <poll.h>
#include <signal.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <filesystem>

namespace ahoy::inline v0 {

std::string module_file(std::string_view name) {
  std::error_code unreadable;
  const std::filesystem::path own = std::filesystem::read_symlink("/proc/self/exe", unreadable);
  if (unreadable) return {};
  for (const char* folder : {AHOY_MODULES_BUILT, AHOY_MODULES_INSTALLED}) {
    const std::filesystem::path file = own.parent_path() / folder / (std::string{name} + ".so");
    if (std::filesystem::exists(file, unreadable)) return file;
  }
  return {};
}

namespace {

const ahoy_prompt_functions* load(std::string& why) {
  const std::string file = module_file("prompt");
  if (file.empty()) {
    why = "the module prompt is not installed";
    return nullptr;
  }
  void* opened = ::dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
  const void* found = opened ? ::dlsym(opened, "ahoy_prompt_module") : nullptr;
  if (!found) why = ::dlerror();
  return static_cast<const ahoy_prompt_functions*>(found);
}

/// Another job's terminal is not ours to change or to read: either would stop us (SIGTTOU, SIGTTIN).
bool is_in_foreground() noexcept {
  const pid_t foreground = ::tcgetpgrp(STDIN_FILENO);
  return foreground < 0 || foreground == ::getpgrp();  // negative: not the terminal that controls us
}

constexpr std::array ending_signals{SIGINT, SIGTERM, SIGHUP, SIGQUIT};
termios settings_before{};

/// Async-signal-safe.
void give_terminal_back(int signal) noexcept {
  if (is_in_foreground()) static_cast<void>(::tcsetattr(STDIN_FILENO, TCSANOW, &settings_before));
  end_by_signal(signal);
}

/// Where `from` is what happens at a signal that ends the process, `to` shall.
void replace_dispositions(void (*from)(int), void (*to)(int)) noexcept {
  for (const int each : ending_signals) {
    struct sigaction now{};
    if (::sigaction(each, nullptr, &now) != 0 || now.sa_handler != from) continue;
    now = {};
    now.sa_handler = to;
    static_cast<void>(::sigaction(each, &now, nullptr));
  }
}

void remember_settings() noexcept {
  static_cast<void>(::tcgetattr(STDIN_FILENO, &settings_before));
  replace_dispositions(SIG_DFL, give_terminal_back);
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
      input_{by, fd::duplicate(STDIN_FILENO)},
      shown_{by},
      handle_{functions.open("> ", &prompt::words_for, this)} {}

prompt::~prompt() {
  if (handle_) functions_.close(handle_);
  replace_dispositions(give_terminal_back, SIG_DFL);
}

const char* prompt::words_for(void* self, const char* line) {
  auto& own = *static_cast<prompt*>(self);
  own.offered_.clear();
  for (const std::string& each : own.words_(line)) own.offered_ += each + "\n";
  return own.offered_.c_str();
}

task<std::optional<std::string>> prompt::read_line() {
  for (;;) {
    const short events = co_await input_.engine().ready(input_, POLLIN);
    if ((events & (POLLHUP | POLLERR)) != 0) co_return std::nullopt;  // the terminal has gone
    while (!is_in_foreground()) co_await edge_operation{&input_};
    while (hidden_ > 0) co_await shown_.wait();
    const char* line = nullptr;
    const ahoy_prompt_result result = functions_.feed(handle_, &line);
    if (result == ahoy_prompt_line) co_return std::string{line};
    if (result == ahoy_prompt_end) co_return std::nullopt;
  }
}

void prompt::hide() {
  if (hidden_++ == 0) functions_.hide(handle_);
}

void prompt::show() {
  if (--hidden_ > 0) return;
  functions_.show(handle_);
  shown_.notify();
}

}  // namespace ahoy::inline v0
