#include <ahoy/engine/select.hpp>
#include <ahoy/error/error.hpp>
#include <ahoy/server/worker_kinds.hpp>
#include <ahoy/socket/fd.hpp>
#include <ahoy/task/scope.hpp>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <tests/descriptors.hpp>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstdlib>

namespace {

using ahoy::fd;
using ahoy::start_of_process;
using ahoy::task;
using ahoy::worker;

task<> reap(worker& whom, std::string& why) { why = co_await whom.reap(); }

/// A pipe by which a child tells something; what it told is there at its end.
class told {
 public:
  told() {
    int both[2];
    EXPECT_EQ(::pipe2(both, O_CLOEXEC), 0);
    ends_ = {fd{both[0]}, fd{both[1]}};
  }
  [[nodiscard]] int number() const { return ends_[1].get(); }
  void tell(std::string_view what) const { EXPECT_GT(::write(number(), what.data(), what.size()), 0); }
  std::string all() {
    ends_[1].reset();
    std::string text;
    std::array<char, 256> piece{};
    for (ssize_t got = 0; (got = ::read(ends_[0].get(), piece.data(), piece.size())) > 0;)
      text.append(piece.data(), static_cast<std::size_t>(got));
    return text;
  }

 private:
  std::array<fd, 2> ends_;
};

struct process : testing::Test {
  std::unique_ptr<ahoy::engine> by = ahoy::make_engine();
  start_of_process as;
  told from_child;

  std::string end_of(const std::function<void()>& live, std::vector<int> own = {}) {
    own.push_back(from_child.number());
    std::ranges::sort(own);
    const auto child = start_process(*by, as, own, live);
    std::string why;
    by->run(reap(*child, why));
    return why;
  }
};

TEST_F(process, ends_when_it_has_lived_and_is_reaped) {
  EXPECT_EQ(end_of([this] { from_child.tell(std::to_string(::getpid())); }), "");
  const pid_t child = std::stoi(from_child.all());
  EXPECT_NE(child, ::getpid());
  EXPECT_EQ(::kill(child, 0), -1) << "not even a zombie is left";
  EXPECT_EQ(errno, ESRCH);
}

TEST_F(process, that_ends_badly_says_how) {
  EXPECT_EQ(end_of([] { ::_exit(3); }), "its process ended with status 3");
  EXPECT_EQ(end_of([] { ::kill(::getpid(), SIGKILL); }), "its process was ended by SIGKILL (killed)");
}

TEST_F(process, can_be_killed_and_reaped_twice) {
  const auto child = start_process(*by, as, {}, [] { ::pause(); });
  child->kill();
  std::string why;
  by->run(reap(*child, why));
  EXPECT_EQ(why, "its process was ended by SIGKILL (killed)");
  by->run(reap(*child, why));
  EXPECT_EQ(why, "");
}

TEST_F(process, is_ended_and_reaped_with_its_worker) {
  start_process(*by, as, {}, [] { ::pause(); }).reset();
  EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1);
  EXPECT_EQ(errno, ECHILD);
}

TEST_F(process, has_of_descriptors_what_was_open_and_its_own_alone) {
  const told later, given;
  EXPECT_EQ(end_of(
                [&] {
                  for (const int each : ahoy::open_descriptors()) from_child.tell(std::to_string(each) + " ");
                },
                {given.number()}),
            "");
  std::vector<int> expected = as.kept;
  expected.push_back(given.number());
  expected.push_back(from_child.number());
  std::ranges::sort(expected);
  std::string text;
  for (const int each : expected) text += std::to_string(each) + " ";
  EXPECT_EQ(from_child.all(), text);
}

void nothing(int) {}

TEST_F(process, runs_no_handler_of_its_parent_and_leaves_the_terminals_signals_to_it) {
  struct sigaction before{}, caught{};
  caught.sa_handler = nothing;
  ::sigaction(SIGUSR1, &caught, &before);
  as = start_of_process{};
  const std::string why = end_of([this] {
    sigset_t blocked;
    ::sigprocmask(SIG_SETMASK, nullptr, &blocked);
    const bool both = ::sigismember(&blocked, SIGINT) == 1 && ::sigismember(&blocked, SIGTERM) == 1;
    from_child.tell(both && ::sigismember(&blocked, SIGUSR1) == 0 ? "as it should be" : "not so");
    ::kill(::getpid(), SIGUSR1);
  });
  ::sigaction(SIGUSR1, &before, nullptr);
  EXPECT_EQ(why, "its process was ended by SIGUSR1 (user defined signal 1)");
  EXPECT_EQ(from_child.all(), "as it should be");
}

TEST_F(process, dies_with_its_parent) {
  EXPECT_EQ(end_of([this] {
              int signal = 0;
              ::prctl(PR_GET_PDEATHSIG, &signal);
              from_child.tell(std::to_string(signal));
            }),
            "");
  EXPECT_EQ(from_child.all(), std::to_string(SIGKILL));
}

TEST_F(process, dies_with_a_parent_that_dies_at_once) {
  for (int i = 0; i < 50; ++i) {
    told alive;
    const pid_t parent = ::fork();
    if (parent == 0) {
      const auto child = start_process(*by, as, std::array{alive.number()}, [] { ::pause(); });
      ::kill(::getpid(), SIGKILL);
    }
    ::waitpid(parent, nullptr, 0);
    EXPECT_EQ(alive.all(), "") << "which waits until nobody has its other end";
  }
}

#if !AHOY_IS_SANITIZED
TEST_F(process, of_which_nobody_could_hear_is_not_left_alone) {
  std::error_code why;
  try {
    const ahoy_test::few_descriptors none;
    static_cast<void>(start_process(*by, as, {}, [] { ::pause(); }));
  } catch (const ahoy::error& failure) {
    why = failure.code();
  }
  EXPECT_EQ(why, std::errc::too_many_files_open);
  EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1);
  EXPECT_EQ(errno, ECHILD);
}
#endif

TEST(thread, ends_when_it_has_lived) {
  std::atomic<bool> lived = false;
  const auto by = ahoy::make_engine();
  const auto one = ahoy::start_thread([&] { lived = true; });
  std::string why;
  by->run(reap(*one, why));
  EXPECT_EQ(why, "");
  EXPECT_TRUE(lived);
  EXPECT_TRUE(one->has_ended());
}

TEST(thread, that_still_lives_has_not_ended) {
  std::atomic<bool> may_end = false;
  const auto one = ahoy::start_thread([&] { may_end.wait(false); });
  EXPECT_FALSE(one->has_ended());
  may_end = true;
  may_end.notify_all();
  while (!one->has_ended()) continue;
}

TEST(thread, is_awaited_by_its_worker) {
  std::atomic<bool> lived = false;
  ahoy::start_thread([&] { lived = true; }).reset();
  EXPECT_TRUE(lived);
}

TEST(open_descriptors, are_in_order_and_open) {
  const told open;
  const std::vector<int> all = ahoy::open_descriptors();
  EXPECT_TRUE(std::ranges::is_sorted(all));
  EXPECT_TRUE(std::ranges::binary_search(all, open.number()));
  for (const int each : all) EXPECT_GE(::fcntl(each, F_GETFD), 0) << each;
}

}  // namespace
