#include <ahoy/socket/process_handle.hpp>

#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

namespace {

pid_t one_that_waits() {
  const pid_t number = ::fork();
  if (number != 0) return number;
  for (;;) ::pause();
}

int signal_that_ended(pid_t number) {
  int status = 0;
  return ::waitpid(number, &status, 0) == number && WIFSIGNALED(status) ? WTERMSIG(status) : -1;
}

bool is_readable(const ahoy::fd& handle, int most_ms) {
  pollfd asked{handle.get(), POLLIN, 0};
  return ::poll(&asked, 1, most_ms) == 1;
}

TEST(ProcessHandle, IsReadableOnceItsProcessHasEnded) {
  const pid_t number = one_that_waits();
  const ahoy::fd handle = ahoy::open_process(number);
  ASSERT_TRUE(handle);
  EXPECT_FALSE(is_readable(handle, 0));
  ahoy::signal_process(handle.get(), number, SIGUSR1);
  EXPECT_TRUE(is_readable(handle, -1));
  EXPECT_EQ(signal_that_ended(number), SIGUSR1);
}

TEST(ProcessHandle, ASignalGoesByTheHandleWhateverTheNumber) {
  const pid_t number = one_that_waits(), bystander = one_that_waits();
  const ahoy::fd handle = ahoy::open_process(number);
  ahoy::signal_process(handle.get(), bystander, SIGUSR1);
  EXPECT_EQ(signal_that_ended(number), SIGUSR1);
  ahoy::signal_process(-1, bystander, SIGUSR2);
  EXPECT_EQ(signal_that_ended(bystander), SIGUSR2);
}

TEST(ProcessHandle, ThereIsNoneOfAProcessThatWasReaped) {
  const pid_t number = one_that_waits();
  ahoy::signal_process(-1, number, SIGKILL);
  EXPECT_EQ(signal_that_ended(number), SIGKILL);
  errno = 0;
  EXPECT_FALSE(ahoy::open_process(number));
  EXPECT_EQ(errno, ESRCH);
}

}  // namespace
