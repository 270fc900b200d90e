#include <ahoy/command/standard_streams.hpp>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <string>

namespace {

// A child's standard streams are closed, then opened; it tells by its status what it saw.

int errno_of_output() {
  try {
    ahoy::write_to_stdout("x");
  } catch (const ahoy::error& failure) {
    return failure.code().value();
  }
  return 0;
}

[[noreturn]] void open_what_was_closed() {
  for (int number = 0; number <= 2; ++number) ::close(number);
  ahoy::open_standard_streams();
  char byte = 0;
  const bool input_ended = ::read(0, &byte, 1) == 0;
  const bool output_fails = errno_of_output() == EBADF;
  const bool errors_vanish = ::write(2, "x", 1) == 1;
  const int next = ::socket(AF_UNIX, SOCK_STREAM, 0);
  const bool remembered = ahoy::stdin_was_closed() && ahoy::stdout_was_closed();
  ::_exit(input_ended && output_fails && errors_vanish && next > 2 && remembered ? 0 : 1);
}

[[noreturn]] void leave_what_was_open() {
  ahoy::open_standard_streams();
  ::_exit(ahoy::stdin_was_closed() || ahoy::stdout_was_closed() ? 1 : 0);
}

[[noreturn]] void close_the_reader() {
  int ends[2];
  if (::pipe(ends) != 0 || ::dup2(ends[1], 1) != 1) ::_exit(9);
  ::close(ends[0]);
  static_cast<void>(std::signal(SIGPIPE, SIG_IGN));
  ::_exit(errno_of_output() == EPIPE ? 0 : 1);
}

[[noreturn]] void fill_a_nonblocking_pipe() {
  int ends[2];
  if (::pipe2(ends, O_NONBLOCK) != 0 || ::dup2(ends[1], 1) != 1) ::_exit(9);
  ::close(ends[1]);
  const std::string much(1 << 20, 'x');
  if (::fork() == 0) {
    ahoy::write_to_stdout(much);
    ::_exit(0);
  }
  ::close(1);
  ::fcntl(ends[0], F_SETFL, 0);
  std::size_t seen = 0;
  char buffer[4096];
  for (ssize_t got = 0; (got = ::read(ends[0], buffer, sizeof buffer)) > 0;)
    seen += static_cast<std::size_t>(got);
  ::_exit(seen == much.size() ? 0 : 1);
}

TEST(standard_streams_DeathTest, closed_ones_are_opened) {
  EXPECT_EXIT(open_what_was_closed(), testing::ExitedWithCode(0), "");
}

TEST(standard_streams_DeathTest, open_ones_are_left) {
  EXPECT_EXIT(leave_what_was_open(), testing::ExitedWithCode(0), "");
}

TEST(standard_streams_DeathTest, output_without_a_reader_is_an_error) {
  EXPECT_EXIT(close_the_reader(), testing::ExitedWithCode(0), "");
}

TEST(standard_streams_DeathTest, all_is_written_however_slow_the_reader) {
  EXPECT_EXIT(fill_a_nonblocking_pipe(), testing::ExitedWithCode(0), "");
}

TEST(standard_streams, errors_are_told_apart) {
  EXPECT_TRUE(is_output_error(ahoy::output_error(EIO)));
  EXPECT_FALSE(is_output_error(ahoy::input_error(EIO)));
  EXPECT_TRUE(is_input_error(ahoy::input_error(EIO)));
  EXPECT_TRUE(is_closed_output(ahoy::output_error(EPIPE)));
  EXPECT_FALSE(is_closed_output(ahoy::output_error(EIO)));
  EXPECT_FALSE(is_closed_output(ahoy::input_error(EPIPE)));
}

}  // namespace
