#include <ahoy/engine/select.hpp>
#include <ahoy/error/error.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <string>

namespace {

using ahoy::engine_choice;
using testing::HasSubstr;

constexpr std::array uring_first = {engine_choice::uring, engine_choice::epoll};

/// From now on a system call fails in this process, as in a container (seccomp(2)).
void refuse(std::uint32_t refused, int with) {
  std::array filter = {
      sock_filter{BPF_LD | BPF_W | BPF_ABS, 0, 0, offsetof(seccomp_data, nr)},
      sock_filter{BPF_JMP | BPF_JEQ | BPF_K, 0, 1, refused},
      sock_filter{BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ERRNO | static_cast<std::uint32_t>(with)},
      sock_filter{BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW},
  };
  const sock_fprog program{static_cast<unsigned short>(filter.size()), filter.data()};
  ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  if (::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0) std::perror("seccomp");
}

void forbid_locked_memory() {
  const rlimit none{0, 0};
  ::setrlimit(RLIMIT_MEMLOCK, &none);
  [[maybe_unused]] const int as_nobody = ::setresuid(65534, 65534, 65534);  // root may lock what it likes
}

/// What a child of ours sees, on its standard error.
[[noreturn]] void tell_what_is_chosen() {
  const auto made = ahoy::make_first_of(uring_first);
  const auto by_default = ahoy::make_engine();
  std::string told = description(*made) + "\nauto: " + std::string{by_default->name()} + "\n";
  try {
    static_cast<void>(ahoy::make_engine(engine_choice::uring));
    told += "it was made all the same\n";
  } catch (const ahoy::error& refused) {
    told += std::string{refused.what()} + "\n" + refused.hint() + "\n";
  }
  std::fputs(told.c_str(), stderr);
  ::_exit(0);
}

TEST(select_engine, uring_is_what_is_asked_for) {
  const auto made = ahoy::make_first_of(uring_first);
  EXPECT_EQ(made->name(), "uring");
  EXPECT_EQ(description(*made), "engine: uring");
}

TEST(select_engine, epoll_serves_where_a_filter_refuses_rings) {
  EXPECT_EXIT(
      {
        refuse(SYS_io_uring_setup, EPERM);
        tell_what_is_chosen();
      },
      testing::ExitedWithCode(0),
      "engine: epoll, since io_uring is refused: a filter of system calls \\(seccomp\\), as containers have "
      "one\nauto: epoll\nuse io_uring: operation not permitted\na filter of system calls");
}

TEST(select_engine, epoll_serves_where_the_kernel_has_no_rings) {
  EXPECT_EXIT(
      {
        refuse(SYS_io_uring_setup, ENOSYS);
        tell_what_is_chosen();
      },
      testing::ExitedWithCode(0), "engine: epoll, since io_uring is refused: the kernel is built without it");
}

TEST(select_engine, epoll_serves_where_a_ring_can_be_made_and_not_used) {
  for (const int call : {SYS_io_uring_register, SYS_io_uring_enter})
    EXPECT_EXIT(
        {
          refuse(static_cast<std::uint32_t>(call), EPERM);
          tell_what_is_chosen();
        },
        testing::ExitedWithCode(0), "engine: epoll, since io_uring is refused: ");
}

TEST(select_engine, epoll_serves_where_no_memory_may_be_locked) {
  EXPECT_EXIT(
      {
        forbid_locked_memory();
        tell_what_is_chosen();
      },
      testing::ExitedWithCode(0),
      "engine: epoll, since io_uring is refused: too little memory may be locked");
}

TEST(select_engine, reads_what_it_writes) {
  for (const engine_choice each : {engine_choice::automatic, engine_choice::epoll, engine_choice::uring})
    EXPECT_EQ(ahoy::parse_engine_choice(to_string(each)), each);
  EXPECT_THROW(static_cast<void>(ahoy::parse_engine_choice("io_uring")), ahoy::error);
}

}  // namespace
