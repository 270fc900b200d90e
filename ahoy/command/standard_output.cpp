#include <ahoy/command/standard_output.hpp>
#include <ahoy/command/standard_streams.hpp>

#include <limits.h>
#include <poll.h>
#include <sys/stat.h>

#include <cerrno>
#include <exception>

namespace ahoy::inline v0 {

namespace {

fd own_descriptor(int of) {
  fd made = fd::duplicate(of);
  if (!made) throw output_error(errno);
  return made;
}

/// A pipe that poll(2) calls writable has room for PIPE_BUF bytes (pipe(7)), so that a write of no more never
/// waits, and the others are no worse; a file never waits for a reader at all.
std::size_t fits_when_ready(int file) noexcept {
  struct stat found{};
  const bool regular = ::fstat(file, &found) == 0 && S_ISREG(found.st_mode);
  return regular ? std::size_t{1} << 20 : PIPE_BUF;
}

}  // namespace

standard_output::standard_output(engine& by, int to)
    : file_{by, own_descriptor(to)}, free_{by}, at_once_{fits_when_ready(to)}, is_terminal_{::isatty(to) == 1} {}

task<> standard_output::write(std::string_view data) {
  while (busy_) co_await free_.wait();
  busy_ = true;
  std::exception_ptr failure;
  try {
    co_await write_all(data);
  } catch (...) {
    failure = std::current_exception();
  }
  busy_ = false;
  free_.notify();
  if (failure) std::rethrow_exception(failure);
}

task<> standard_output::write_all(std::string_view data) {
  while (!data.empty()) {
    co_await file_.engine().ready(file_, POLLOUT);
    data.remove_prefix(write_now(data.substr(0, at_once_)));
  }
}

std::size_t standard_output::write_now(std::string_view data) {
  const ssize_t written = ::write(file_.number(), data.data(), data.size());
  if (written < 0 && errno != EAGAIN && errno != EINTR) throw output_error(errno);
  return written < 0 ? 0 : static_cast<std::size_t>(written);
}

}  // namespace ahoy::inline v0
