#include <ahoy/engine/select.hpp>
#include <ahoy/error/error.hpp>
#include <ahoy/server/kept_workers.hpp>

#include <gtest/gtest.h>
#include <poll.h>

#include <cerrno>
#include <string>
#include <vector>

namespace {

using ahoy::assignment;
using ahoy::descriptor;
using ahoy::fd;
using ahoy::kept_workers;
using ahoy::order;
using ahoy::order_kind;
using ahoy::outcome;
using ahoy::task;

/// A worker that does what the test does at its end of the wire.
class played final : public ahoy::worker {
 public:
  explicit played(int& killed) : killed_{killed} {}
  task<std::string> reap() override { co_return std::string{"its play is over"}; }
  void kill() noexcept override { ++killed_; }

 private:
  int& killed_;
};

struct kept : testing::Test {
  std::unique_ptr<ahoy::engine> by = ahoy::make_engine();
  std::vector<std::unique_ptr<descriptor>> wires;  // the workers' ends
  int shortage = 0;                                // an errno value: nobody can be started
  int killed = 0;

  std::unique_ptr<ahoy::worker> start(fd wire) {
    if (shortage != 0) throw ahoy::error{ahoy::system_code(shortage), "start", "a process"};
    wires.push_back(std::make_unique<descriptor>(*by, std::move(wire)));
    return std::make_unique<played>(killed);
  }

  using scene = task<> (*)(kept&, kept_workers&);
  static task<> play_scene(kept& in, kept_workers& with, scene what) {
    with.start();
    co_await what(in, with);
    in.wires.clear();
    co_await with.close();
  }
  void play(std::size_t count, bool serve_many, scene what) {
    kept_workers workers{*by, count, serve_many, [this](fd wire) { return start(std::move(wire)); }};
    by->run(play_scene(*this, workers, what));
  }

  [[nodiscard]] bool was_told(std::size_t which) const {
    pollfd asked{wires[which]->number(), POLLIN, 0};
    return ::poll(&asked, 1, 0) == 1;
  }
  void say(std::size_t which, ahoy::report_kind what, std::uint64_t job, std::string_view text) const {
    report_end(wires[which]->number(), what, job, text);
  }
};

order order_of(std::uint64_t job) {
  order what;
  what.job = job;
  return what;
}

TEST_F(kept, are_started_at_once_and_the_next_caller_goes_to_who_is_free) {
  play(2, false, [](kept& in, kept_workers& with) -> task<> {
    EXPECT_EQ(in.wires.size(), 2U);
    const auto one = with.engage(order_of(1));
    const auto other = with.engage(order_of(2));
    co_await one->begin();
    co_await other->begin();
    EXPECT_TRUE(in.was_told(0));
    EXPECT_TRUE(in.was_told(1));
    EXPECT_EQ(in.wires.size(), 2U) << "nobody else is started";
  });
}

TEST_F(kept, serve_many_where_they_may_and_share_them_evenly) {
  play(2, true, [](kept& in, kept_workers& with) -> task<> {
    std::vector<std::unique_ptr<assignment>> all;
    for (std::uint64_t job = 1; job <= 4; ++job) {
      all.push_back(with.engage(order_of(job)));
      co_await all.back()->begin();
    }
    EXPECT_EQ(in.wires.size(), 2U);
    for (const auto& wire : in.wires) {
      for (int i = 0; i < 2; ++i) {
        const auto told = co_await receive_order(*wire);
        EXPECT_TRUE(told);
      }
    }
  });
}

TEST_F(kept, serve_to_the_end_and_say_how_that_was) {
  play(1, false, [](kept& in, kept_workers& with) -> task<> {
    const auto job = with.engage(order_of(1));
    co_await job->begin();
    in.say(0, ahoy::report_kind::done, 1, "done");
    co_await job->wait();
    const outcome how = job->how_it_ended();
    EXPECT_EQ(how.what, outcome::kind::served);
    EXPECT_EQ(how.why, "done");
  });
}

TEST_F(kept, may_refuse) {
  play(1, false, [](kept& in, kept_workers& with) -> task<> {
    const auto job = with.engage(order_of(1));
    co_await job->begin();
    in.say(0, ahoy::report_kind::refused, 1, "");
    co_await job->wait();
    EXPECT_EQ(job->how_it_ended().what, outcome::kind::refused);
  });
}

TEST_F(kept, are_replaced_where_they_died_unlearned_but_not_for_ever) {
  play(1, false, [](kept& in, kept_workers& with) -> task<> {
    const auto job = with.engage(order_of(1));
    for (std::size_t tries = 1; tries <= 3; ++tries) {
      co_await job->begin();
      EXPECT_EQ(in.wires.size(), tries);
      in.wires.back()->close();  // with the order in it
      co_await job->wait();
      EXPECT_EQ(job->how_it_ended().what, outcome::kind::not_taken);
      EXPECT_EQ(job->pass_on(), tries < 3);
    }
  });
}

TEST_F(kept, are_replaced_where_they_were_gone_before_they_could_be_told) {
  play(1, false, [](kept& in, kept_workers& with) -> task<> {
    in.wires[0]->close();
    const auto job = with.engage(order_of(1));
    co_await job->begin();
    co_await job->wait();
    EXPECT_EQ(job->how_it_ended().what, outcome::kind::not_taken);
    EXPECT_TRUE(job->pass_on());
    co_await job->begin();
    EXPECT_TRUE(in.was_told(1));
  });
}

TEST_F(kept, that_die_with_a_caller_take_it_with_them) {
  play(1, false, [](kept& in, kept_workers& with) -> task<> {
    const auto job = with.engage(order_of(1));
    co_await job->begin();
    const auto told = co_await receive_order(*in.wires[0]);
    EXPECT_TRUE(told);
    in.wires[0]->close();
    co_await job->wait();
    const outcome how = job->how_it_ended();
    EXPECT_EQ(how.what, outcome::kind::served);
    EXPECT_EQ(how.why, "its play is over");
  });
}

TEST_F(kept, that_die_with_a_later_order_unread_had_taken_the_caller) {
  play(1, false, [](kept& in, kept_workers& with) -> task<> {
    const auto job = with.engage(order_of(1));
    co_await job->begin();
    const auto told = co_await receive_order(*in.wires[0]);
    EXPECT_TRUE(told);
    co_await job->tell(order_kind::finish);
    in.wires[0]->close();
    co_await job->wait();
    EXPECT_EQ(job->how_it_ended().what, outcome::kind::served);
  });
}

TEST_F(kept, give_up_what_is_carried_with_its_caller_and_not_before) {
  play(1, false, [](kept& in, kept_workers& with) -> task<> {
    auto [here, there] = ahoy::open_wire();
    const auto has_ended = [number = here.get()] {
      pollfd asked{number, 0, 0};
      return ::poll(&asked, 1, 0) == 1;
    };
    order what = order_of(1);
    what.lent = here.get();
    what.second = std::move(there);
    const auto job = with.engage(std::move(what));
    co_await job->begin();
    in.wires[0]->close();
    co_await job->wait();
    EXPECT_EQ(job->how_it_ended().what, outcome::kind::not_taken);
    EXPECT_FALSE(has_ended());
    EXPECT_TRUE(job->pass_on());
    co_await job->begin();
    {
      const auto told = co_await receive_order(*in.wires[1]);
      EXPECT_TRUE(told && told->second);
    }
    in.wires[1]->close();
    co_await job->wait();
    EXPECT_EQ(job->how_it_ended().what, outcome::kind::served);
    EXPECT_TRUE(has_ended());
  });
}

TEST_F(kept, cannot_be_had_where_the_system_has_no_more_until_it_has) {
  play(1, false, [](kept& in, kept_workers& with) -> task<> {
    const auto first = with.engage(order_of(1));
    in.shortage = EAGAIN;
    EXPECT_THROW(static_cast<void>(with.engage(order_of(2))), ahoy::error);
    in.shortage = 0;
    const auto second = with.engage(order_of(3));
    EXPECT_EQ(in.wires.size(), 2U);
    co_return;
  });
}

TEST_F(kept, that_nobody_could_be_entrusted_to_need_not_be_killed) {
  play(1, false, [](kept& in, kept_workers& with) -> task<> {
    const auto job = with.engage(order_of(1));
    co_await job->begin();
    in.wires[0]->close();
    co_await job->wait();
    in.shortage = EAGAIN;
    EXPECT_THROW(static_cast<void>(job->pass_on()), ahoy::error);
    job->kill();
    EXPECT_EQ(in.killed, 0);
  });
}

TEST_F(kept, that_do_not_end_are_killed_in_the_end) {
  kept_workers workers{*by, 1, false, [this](fd wire) { return start(std::move(wire)); }};
  struct scenes {
    static task<> let_go(kept& in) {
      while (in.killed == 0) co_await in.by->sleep(std::chrono::milliseconds{1});
      in.wires.clear();
    }
    static task<> close(kept& in, kept_workers& with) {
      with.start();
      co_await ahoy::when_all(ahoy::tasks(with.close(), let_go(in)));
    }
  };
  by->run(scenes::close(*this, workers));
  EXPECT_EQ(killed, 1);
}

}  // namespace
