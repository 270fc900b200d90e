#include <ahoy/command/descriptor_limit.hpp>
#include <ahoy/command/signals.hpp>

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

namespace {

// Each test changes the whole process, so each runs in a child of its own.

[[noreturn]] void ignore_and_write() {
  int ends[2];
  if (::pipe(ends) != 0) ::_exit(9);
  ::close(ends[0]);
  ahoy::ignore_sigpipe();
  const bool failed = ::write(ends[1], "x", 1) < 0 && errno == EPIPE;
  ahoy::restore_sigpipe();
  struct sigaction now{};
  ::sigaction(SIGPIPE, nullptr, &now);
  ::_exit(failed && now.sa_handler == SIG_DFL ? 0 : 1);
}

[[noreturn]] void end_though_blocked_and_ignored() {
  static_cast<void>(std::signal(SIGPIPE, SIG_IGN));
  sigset_t all;
  sigfillset(&all);
  ::pthread_sigmask(SIG_BLOCK, &all, nullptr);
  ahoy::end_by_signal(SIGPIPE);
}

[[noreturn]] void raise_and_restore() {
  rlimit before{};
  ::getrlimit(RLIMIT_NOFILE, &before);
  before.rlim_cur = 64;
  ::setrlimit(RLIMIT_NOFILE, &before);
  ahoy::raise_descriptor_limit();
  rlimit raised{};
  ::getrlimit(RLIMIT_NOFILE, &raised);
  ahoy::restore_descriptor_limit();
  rlimit after{};
  ::getrlimit(RLIMIT_NOFILE, &after);
  ::_exit(raised.rlim_cur == before.rlim_max && after.rlim_cur == 64 && after.rlim_max == before.rlim_max
              ? 0
              : 1);
}

TEST(signals_DeathTest, a_closed_pipe_is_an_error_until_it_is_given_back) {
  static_cast<void>(std::signal(SIGPIPE, SIG_DFL));
  EXPECT_EXIT(ignore_and_write(), testing::ExitedWithCode(0), "");
}

TEST(signals_DeathTest, ends_as_the_signal_ends) {
  EXPECT_EXIT(end_though_blocked_and_ignored(), testing::KilledBySignal(SIGPIPE), "");
}

TEST(descriptor_limit_DeathTest, is_raised_and_given_back) {
  EXPECT_EXIT(raise_and_restore(), testing::ExitedWithCode(0), "");
}

}  // namespace
