#include <ahoy/command/progress_bar.hpp>
#include <ahoy/command/standard_streams.hpp>
#include <ahoy/task/scope.hpp>

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

namespace ahoy::inline v0 {
namespace {

constexpr duration between = std::chrono::milliseconds{100};
constexpr std::size_t bar_width = 30;
constexpr std::string_view empty_line = "\r\x1b[K";  // ECMA-48: EL, from the cursor to the end

/// The terminal has one last line, whoever shows a bar. It belongs to one thread.
enum class line_state { free, drawn, taken };
line_state last_line = line_state::free;

void clear_line() {
  if (last_line != line_state::drawn) return;
  write_to_stderr(empty_line);
  last_line = line_state::free;
}

std::size_t terminal_width() noexcept {
  winsize size{};
  const bool is_known = ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
  return is_known ? size.ws_col : 80;
}

}  // namespace

std::string bar_text(std::string_view label, double share, std::size_t width) {
  const double part = std::clamp(share, 0.0, 1.0);
  const auto full = static_cast<std::size_t>(part * bar_width);
  std::string text =
      fmt::format("[{:<{}}] {:3.0f}% {}", std::string(full, '='), bar_width, part * 100, label);
  return text.substr(0, width);
}

void take_line_of_bar() {
  clear_line();
  last_line = line_state::taken;
}

progress_bar::progress_bar(engine& by, std::string label, std::function<double()> share)
    : by_{by}, label_{std::move(label)}, share_{std::move(share)}, is_shown_{::isatty(STDERR_FILENO) == 1} {}

progress_bar::~progress_bar() { clear_line(); }

task<> progress_bar::show_during(task<> work) {
  if (is_shown_)
    co_await when_any(tasks(std::move(work), show()));
  else
    co_await std::move(work);
}

task<> progress_bar::show() {
  while (last_line != line_state::taken) {
    // A line of full width would wrap where a cursor waits in the last column.
    write_to_stderr(fmt::format("{}{}", empty_line, bar_text(label_, share_(), terminal_width() - 1)));
    last_line = line_state::drawn;
    co_await by_.sleep(between);
  }
  co_await by_.sleep(no_timeout);
}

}  // namespace ahoy::inline v0
