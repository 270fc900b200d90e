#include <ahoy/command/progress_bar.hpp>
#include <ahoy/command/standard_input.hpp>
#include <ahoy/command/standard_streams.hpp>

#include <poll.h>
#include <sys/stat.h>

#include <cerrno>

namespace ahoy::inline v0 {

namespace {

fd own_descriptor(int of) {
  fd made = fd::duplicate(of);
  if (!made) throw input_error(errno);
  return made;
}

}  // namespace

standard_input::standard_input(engine& by, int from)
    : file_{by, own_descriptor(from)}, is_terminal_{::isatty(from) == 1} {}

task<bytes> standard_input::read() {
  if (is_terminal_) take_line_of_bar();
  while (!at_end_) {
    const bool there = co_await wait();
    if (!there) break;
    std::optional<bytes> got = read_now();
    if (got) co_return std::move(*got);
  }
  co_return bytes{};
}

void standard_input::finish() noexcept {
  finishing_ = true;
  if (waiting_) waiting_->stop();
}

/// false: nothing is at hand, and nothing is waited for any more.
task<bool> standard_input::wait() {
  if (finishing_) {
    pollfd asked{file_.number(), POLLIN, 0};
    co_return ::poll(&asked, 1, 0) > 0 && is_ours_to_read();
  }
  context& here = co_await this_context();
  context waiting{here};
  waiting_ = &waiting;
  std::exception_ptr failure;
  try {
    co_await wait_for_turn().in(waiting);
  } catch (const std::system_error&) {
    failure = std::current_exception();
  }
  waiting_ = nullptr;
  if (failure && (!finishing_ || here.stopped())) std::rethrow_exception(failure);
  co_return !failure;
}

/// While another job has the terminal, what is typed is that one's: we wait for the next change, since
/// readiness alone would come back at once.
task<> standard_input::wait_for_turn() {
  for (;;) {
    co_await file_.engine().ready(file_, POLLIN);
    if (is_ours_to_read()) co_return;
    co_await edge_operation{&file_};
  }
}

bool standard_input::is_ours_to_read() const noexcept {
  if (!is_terminal_) return true;
  const pid_t foreground = ::tcgetpgrp(file_.number());
  return foreground < 0 || foreground == ::getpgrp();  // negative: not the terminal that controls us
}

/// nullopt: somebody else was quicker.
std::optional<bytes> standard_input::read_now() {
  buffer_pool& buffers = file_.engine().buffers();
  const std::span<char> block = buffers.take();
  const ssize_t got = ::read(file_.number(), block.data(), block.size());
  const int failure = errno;
  if (got > 0) return buffers.lend(block, static_cast<std::size_t>(got));
  buffers.give_back(block.data());
  if (got == 0) at_end_ = true;
  if (got < 0 && failure != EAGAIN && failure != EINTR) throw input_error(failure);
  return got == 0 ? std::optional<bytes>{bytes{}} : std::nullopt;
}

std::optional<int> standard_input::file() const noexcept {
  struct stat found{};
  if (::fstat(file_.number(), &found) != 0 || !S_ISREG(found.st_mode)) return std::nullopt;
  return file_.number();
}

std::optional<std::uint64_t> standard_input::left() const noexcept {
  struct stat found{};
  if (!file() || ::fstat(file_.number(), &found) != 0) return std::nullopt;
  const off_t at = ::lseek(file_.number(), 0, SEEK_CUR);
  return at >= 0 && at < found.st_size ? static_cast<std::uint64_t>(found.st_size - at) : 0;
}

task<std::optional<message>> input_messages::next() {
  for (;;) {
    std::optional<message> complete = ended_ ? decoder_.finish() : decoder_.next();
    if (complete || ended_) co_return complete;
    bytes got = co_await from_.read();
    if (got.empty())
      ended_ = true;
    else
      decoder_.push(got.text());
  }
}

}  // namespace ahoy::inline v0
