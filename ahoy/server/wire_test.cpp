#include <ahoy/engine/select.hpp>
#include <ahoy/error/error.hpp>
#include <ahoy/server/wire.hpp>
#include <ahoy/task/scope.hpp>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <tests/descriptors.hpp>
#include <unistd.h>

#include <memory>
#include <vector>

namespace {

using ahoy::descriptor;
using ahoy::fd;
using ahoy::order;
using ahoy::order_kind;
using ahoy::report;
using ahoy::report_kind;
using ahoy::task;

/// The server's end and the worker's, on one engine.
struct wire : testing::Test {
  wire() : wire{ahoy::open_wire()} {}
  std::unique_ptr<ahoy::engine> by = ahoy::make_engine();
  std::unique_ptr<descriptor> ours, theirs;

  static task<> send(descriptor& through, const order& what, std::error_code& how) {
    try {
      co_await send_order(through, what);
    } catch (const ahoy::error& failure) {
      how = failure.code();
    }
  }
  static task<> take_order(descriptor& from, std::optional<order>& into) {
    into = co_await receive_order(from);
  }
  static task<> take_reports(descriptor& from, std::vector<report>& into) {
    for (;;) {
      std::optional<report> next = co_await receive_report(from);
      if (!next) break;
      into.push_back(std::move(*next));
    }
  }

  std::error_code send(const order& what) {
    std::error_code how;
    by->run(send(*ours, what, how));
    return how;
  }
  std::optional<order> taken() {
    std::optional<order> found;
    by->run(take_order(*theirs, found));
    return found;
  }
  std::vector<report> reports_to_the_end() {
    std::vector<report> all;
    by->run(take_reports(*ours, all));
    return all;
  }

 private:
  explicit wire(std::pair<fd, fd> ends)
      : ours{std::make_unique<descriptor>(*by, std::move(ends.first))},
        theirs{std::make_unique<descriptor>(*by, std::move(ends.second))} {}
};

order an_order() {
  order what;
  what.what = order_kind::answer;
  what.job = 7;
  what.label = "127.0.0.1:40112";
  what.remote = ahoy::address::inet(INADDR_LOOPBACK, 40112);
  what.local = ahoy::address::inet(INADDR_LOOPBACK, 80);
  what.mark = 47;
  what.timeout = std::chrono::seconds{3};
  what.patience = std::chrono::seconds{4};
  what.data = std::string(65'507, 'x') + std::string(1, '\0');
  return what;
}

bool is_same_file(int one, int other) {
  struct stat a{}, b{};
  return ::fstat(one, &a) == 0 && ::fstat(other, &b) == 0 && a.st_ino == b.st_ino && a.st_dev == b.st_dev;
}

TEST_F(wire, carries_an_order_whole) {
  const order sent = an_order();
  ASSERT_FALSE(send(sent));
  const auto got = taken();
  ASSERT_TRUE(got);
  EXPECT_EQ(got->what, order_kind::answer);
  EXPECT_EQ(got->job, 7U);
  EXPECT_EQ(got->label, sent.label);
  EXPECT_EQ(got->remote, sent.remote);
  EXPECT_EQ(got->local, sent.local);
  EXPECT_EQ(got->mark, 47);
  EXPECT_EQ(got->timeout, sent.timeout);
  EXPECT_EQ(got->patience, sent.patience);
  EXPECT_EQ(got->data, sent.data);
  EXPECT_FALSE(got->first);
  EXPECT_FALSE(got->second);
}

TEST_F(wire, gives_copies_of_descriptors_that_close_on_exec_and_leaves_the_sender_its_own) {
  auto [lent, given] = ahoy::open_wire();
  order what;
  what.lent = lent.get();
  what.second = std::move(given);
  ASSERT_FALSE(send(what));
  const auto got = taken();
  ASSERT_TRUE(got);
  EXPECT_NE(got->first.get(), lent.get());
  EXPECT_TRUE(is_same_file(got->first.get(), lent.get()));
  EXPECT_TRUE(is_same_file(got->second.get(), what.second.get()));
  EXPECT_EQ(::fcntl(got->first.get(), F_GETFD), FD_CLOEXEC);
}

#if !AHOY_IS_SANITIZED
TEST_F(wire, gives_no_descriptor_where_none_is_left) {
  auto [lent, other] = ahoy::open_wire();
  order what;
  what.lent = lent.get();
  ASSERT_FALSE(send(what));
  std::optional<order> got;
  {
    const ahoy_test::few_descriptors none;
    got = taken();
  }
  ASSERT_TRUE(got);
  EXPECT_FALSE(got->first);
}
#endif

TEST_F(wire, keeps_orders_apart) {
  for (const std::uint64_t job : {1, 2, 3}) {
    order what;
    what.job = job;
    ASSERT_FALSE(send(what));
  }
  for (const std::uint64_t job : {1, 2, 3}) EXPECT_EQ(taken()->job, job);
}

TEST_F(wire, ends_for_a_worker_that_is_not_wanted_any_more) {
  ASSERT_FALSE(send(an_order()));
  ::shutdown(ours->number(), SHUT_WR);
  EXPECT_TRUE(taken());
  EXPECT_FALSE(taken());
}

TEST_F(wire, refuses_an_order_for_one_who_is_gone) {
  theirs.reset();
  EXPECT_EQ(send(an_order()), std::errc::broken_pipe);
}

TEST_F(wire, carries_reports_and_then_their_end) {
  ahoy::report_line(theirs->number(), ahoy::log_level::detail, "a line");
  ahoy::report_end(theirs->number(), report_kind::refused, 9, std::string(100'000, 'y'));
  theirs.reset();
  const auto all = reports_to_the_end();
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0].what, report_kind::logged);
  EXPECT_EQ(all[0].level, ahoy::log_level::detail);
  EXPECT_EQ(all[0].text, "a line");
  EXPECT_EQ(all[1].what, report_kind::refused);
  EXPECT_EQ(all[1].job, 9U);
  EXPECT_EQ(all[1].text, std::string(65'536, 'y')) << "as much as a record holds";
}

TEST_F(wire, tells_that_orders_were_left_unread_beside_what_was_reported) {
  ASSERT_FALSE(send(an_order()));
  ahoy::report_end(theirs->number(), report_kind::done, 7, "done");
  theirs.reset();
  const auto all = reports_to_the_end();
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0].what, report_kind::unread);
  EXPECT_EQ(all[1].what, report_kind::done);
}

TEST_F(wire, tells_nothing_of_the_kind_where_all_were_read) {
  ASSERT_FALSE(send(an_order()));
  EXPECT_TRUE(taken());
  theirs.reset();
  EXPECT_TRUE(reports_to_the_end().empty());
}

TEST_F(wire, gives_at_once_what_is_there) {
  EXPECT_TRUE(reports_there(*ours).empty());
  for (const std::uint64_t job : {5, 6}) ahoy::report_end(theirs->number(), report_kind::done, job, "done");
  const auto got = reports_there(*ours);
  ASSERT_EQ(got.size(), 2U);
  EXPECT_EQ(got[0].job, 5U);
  EXPECT_EQ(got[1].job, 6U);
  EXPECT_TRUE(reports_there(*ours).empty());
}

/// Each report that is heard makes for another.
task<> hear_without_end(descriptor& from, descriptor& to) {
  for (;;) {
    ahoy::report_line(to.number(), ahoy::log_level::notice, "and so on");
    const auto next = co_await receive_report(from);
    EXPECT_TRUE(next);
  }
}

task<> come_in_between(ahoy::engine& by) {
  for (int i = 0; i < 3; ++i) co_await by.sleep(ahoy::duration::zero());
}

TEST_F(wire, lets_others_have_their_turn_where_reports_never_end) {
  by->run(ahoy::when_any(ahoy::tasks(hear_without_end(*ours, *theirs), come_in_between(*by))));
}

TEST(report, of_which_nobody_hears_is_lost_without_harm) {
  auto [ours, theirs] = ahoy::open_wire();
  ours.reset();
  ahoy::report_end(theirs.get(), report_kind::done, 7, "done");
}

TEST(bell, tells_what_was_rung_since_it_was_heard) {
  const fd bell = ahoy::open_bell();
  const auto is_heard = [&](bool finish, bool cut) {
    const ahoy::rung now = ahoy::heard(bell.get());
    EXPECT_EQ(now.finish, finish);
    EXPECT_EQ(now.cut, cut);
  };
  is_heard(false, false);
  ahoy::ring(bell.get(), order_kind::finish);
  ahoy::ring(bell.get(), order_kind::finish);
  is_heard(true, false);
  is_heard(false, false);
  ahoy::ring(bell.get(), order_kind::cut);
  is_heard(false, true);
  ahoy::ring(bell.get(), order_kind::cut);
  ahoy::ring(bell.get(), order_kind::finish);
  is_heard(true, true);
}

}  // namespace
