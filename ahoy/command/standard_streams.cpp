#include <ahoy/command/standard_streams.hpp>

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <utility>

namespace ahoy::inline v0 {
namespace {

constexpr std::string_view writing = "write to";
constexpr std::string_view reading = "read from";
constexpr std::string_view output = "standard output";
constexpr std::string_view input = "standard input";

std::array<bool, 3> was_closed{};

// Input and output are both opened for reading: one is at its end, the other refuses to be written to.
constexpr std::array<int, 3> opened_for{O_RDONLY, O_RDONLY, O_WRONLY};

// 0, or the errno of what went wrong.
int write_all(int to, std::string_view bytes) noexcept {
  while (!bytes.empty()) {
    const auto written = ::write(to, bytes.data(), bytes.size());
    if (written >= 0) {
      bytes.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno == EAGAIN) {  // whoever gave us the descriptor made it nonblocking
      pollfd ready{to, POLLOUT, 0};
      static_cast<void>(::poll(&ready, 1, -1));
    } else if (errno != EINTR) {
      return errno;
    }
  }
  return 0;
}

}  // namespace

// open() gives the lowest number that is free, which is `number` since those below are open by then. Where
// there is no /dev/null, a folder keeps the place.
void open_standard_streams() noexcept {
  for (int number = 0; number <= 2; ++number) {
    const auto at = static_cast<std::size_t>(number);
    was_closed[at] = ::fcntl(number, F_GETFD) < 0 && errno == EBADF;
    if (was_closed[at] && ::open("/dev/null", opened_for[at]) < 0)
      static_cast<void>(::open("/", O_RDONLY | O_DIRECTORY));
  }
}

bool stdin_was_closed() noexcept { return was_closed[0]; }
bool stdout_was_closed() noexcept { return was_closed[1]; }

void write_to_stdout(std::string_view bytes) {
  if (const int failure = write_all(STDOUT_FILENO, bytes)) throw output_error(failure);
}

void write_to_stderr(std::string_view bytes) noexcept { static_cast<void>(write_all(STDERR_FILENO, bytes)); }

error output_error(int errno_value) {
  return {system_code(errno_value), std::string(writing), std::string(output)};
}

error input_error(int errno_value) { return input_error(system_code(errno_value), {}); }

error input_error(std::error_code cause, const std::string& hint) {
  return {cause, std::string(reading), std::string(input), hint};
}

bool is_output_error(const error& failure) noexcept {
  return failure.verb() == writing && failure.address() == output;
}

bool is_input_error(const error& failure) noexcept {
  return failure.verb() == reading && failure.address() == input;
}

bool is_closed_output(const error& failure) noexcept {
  return is_output_error(failure) && failure.code() == std::errc::broken_pipe;
}

}  // namespace ahoy::inline v0
