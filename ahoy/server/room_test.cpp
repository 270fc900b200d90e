#include <ahoy/connection/pipe.hpp>
#include <ahoy/engine/select.hpp>
#include <ahoy/error/error.hpp>
#include <ahoy/server/room.hpp>
#include <ahoy/task/scope.hpp>

#include <gtest/gtest.h>

#include <list>
#include <memory>
#include <string>
#include <vector>

namespace {

using namespace std::chrono_literals;
using ahoy::connection;
using ahoy::room;
using ahoy::room_member;
using ahoy::slow_policy;
using ahoy::task;

struct counting final : ahoy::observer {
  void dropped(std::string_view label, std::uint64_t messages) override {
    last = label;
    total += messages;
    ++times;
  }
  std::string last;
  std::uint64_t total = 0;
  int times = 0;
};

/// A caller: its connection, its place, and what its other end got.
struct caller {
  caller(ahoy::engine& by, room& in, std::string label, std::size_t capacity) {
    std::tie(link, other_end) = ahoy::make_pipe(by, capacity);
    link->set_label(std::move(label));
    member = std::make_unique<room_member>(in, *link);
  }
  std::unique_ptr<connection> link, other_end;
  std::unique_ptr<room_member> member;
  std::vector<std::string> got;
};

/// Sends what waits for a caller, as a handler does, until nothing more will come or it is put out.
task<> send_what_waits(caller& to) {
  for (;;) {
    std::vector<room_member::text> some = co_await to.member->next();
    if (some.empty()) break;
    for (const room_member::text& each : some) co_await to.link->send(*each);
    to.member->took();
  }
}

task<> serve(caller& to) {
  co_await ahoy::when_any(ahoy::tasks(send_what_waits(to), to.member->until_put_out()));
  to.link->shutdown_send();
}

/// The far end of a caller that reads: whole texts of one size.
task<> read_all(caller& of, std::size_t size) {
  std::string held;
  for (;;) {
    ahoy::bytes received = co_await of.other_end->receive();
    if (received.empty()) break;
    held += received.text();
    for (; held.size() >= size; held.erase(0, size)) of.got.push_back(held.substr(0, size));
  }
}

std::string numbered(int number, std::size_t size) {
  std::string text = std::to_string(number);
  text.resize(size, '.');
  return text;
}

class in_a_room : public testing::Test {
 protected:
  room& open(slow_policy policy, std::size_t queue = 1000, ahoy::duration slow_after = 5ms) {
    ahoy::room_options options;
    options.queue = queue;
    options.slow_after = slow_after;
    options.slow = policy;
    room_ = std::make_unique<room>(*engine_, options, told_);
    return *room_;
  }
  caller& join(std::string label, std::size_t capacity = 64) {
    return callers_.emplace_back(*engine_, *room_, std::move(label), capacity);
  }

  std::unique_ptr<ahoy::engine> engine_ = ahoy::make_engine();
  counting told_;
  std::unique_ptr<room> room_;
  std::list<caller> callers_;
};

task<> say_numbers(room& in, int count, std::size_t size) {
  for (int i = 0; i < count; ++i) co_await in.say_to_all(numbered(i, size));
}

task<> say_numbers_and_close(room& in, int count, std::size_t size, std::list<caller>& callers) {
  co_await say_numbers(in, count, size);
  for (caller& each : callers) each.member->leave();
}

std::vector<std::string> all_numbers(int count, std::size_t size) {
  std::vector<std::string> all;
  for (int i = 0; i < count; ++i) all.push_back(numbered(i, size));
  return all;
}

class under_every_policy : public in_a_room, public testing::WithParamInterface<slow_policy> {};

TEST_P(under_every_policy, those_who_read_get_everything_in_order_however_fast_the_talker) {
  open(GetParam());
  caller& one = join("one");
  caller& other = join("other");
  engine_->run(ahoy::when_all(ahoy::tasks(serve(one), serve(other), read_all(one, 50), read_all(other, 50),
                                          say_numbers_and_close(*room_, 2000, 50, callers_))));
  EXPECT_EQ(one.got, all_numbers(2000, 50));
  EXPECT_EQ(other.got, all_numbers(2000, 50));
  EXPECT_EQ(told_.total, 0U);
  EXPECT_FALSE(one.member->was_put_out());
}

INSTANTIATE_TEST_SUITE_P(each, under_every_policy,
                         testing::Values(slow_policy::disconnect, slow_policy::drop_oldest,
                                         slow_policy::drop_newest, slow_policy::block));

/// Reads a little at a time, with pauses shorter than what counts as slow.
task<> read_slowly(caller& of, ahoy::engine& by, std::size_t& bytes) {
  for (;;) {
    co_await by.sleep(1ms);
    ahoy::bytes received = co_await of.other_end->receive();
    if (received.empty()) break;
    bytes += received.size();
  }
}

TEST_F(in_a_room, one_who_reads_slowly_is_not_cut) {
  open(slow_policy::disconnect, 300, 10s);
  caller& slow = join("slow", 16);
  std::size_t bytes = 0;
  engine_->run(ahoy::when_all(ahoy::tasks(serve(slow), read_slowly(slow, *engine_, bytes),
                                          say_numbers_and_close(*room_, 40, 40, callers_))));
  EXPECT_EQ(bytes, 1600U);
  EXPECT_FALSE(slow.member->was_put_out());
}

task<> count_heard(caller& of, std::string_view by, std::size_t size, int& heard, int enough) {
  std::string held;
  while (heard < enough) {
    ahoy::bytes received = co_await of.other_end->receive();
    held += received.text();
    for (; held.size() >= size; held.erase(0, size)) heard += held.starts_with(by) ? 1 : 0;
  }
}

task<> say_often(room& in, const room_member& who, std::string what, int times) {
  what.resize(50, '.');
  for (int i = 0; i < times; ++i) co_await in.say_to_others(&who, what);
}

/// Where one who always has more to say took what room there is, again and again, before whoever came before
/// it, nobody else would be heard.
TEST_F(in_a_room, each_who_speaks_has_its_turn) {
  open(slow_policy::disconnect, 600, 10s);
  caller& slow = join("slow", 50);
  caller& hears = join("hears", 50);
  caller& bulk = join("bulk");
  caller& seldom = join("seldom");
  int heard = 0;
  std::size_t taken = 0;
  constexpr int enough = 20;
  engine_->run(ahoy::when_any(ahoy::tasks(
      serve(slow), serve(hears), serve(bulk), serve(seldom), read_slowly(slow, *engine_, taken),
      say_often(*room_, *bulk.member, "bulk", 500), say_often(*room_, *seldom.member, "seldom", enough + 1),
      count_heard(hears, "seldom", 50, heard, enough), read_all(bulk, 50), read_all(seldom, 50))));
  EXPECT_EQ(heard, enough);
}

task<> say_once_others_wait(room& in, caller& seldom, caller& hears, int& heard) {
  int of_bulk = 0;
  co_await count_heard(hears, "bulk", 50, of_bulk, 5);  // of which the silent one has room for four
  co_await ahoy::when_any(
      ahoy::tasks(say_often(in, *seldom.member, "seldom", 2), count_heard(hears, "seldom", 50, heard, 1)));
}

TEST_F(in_a_room, who_waits_for_one_keeps_nobody_from_being_heard_by_others) {
  open(slow_policy::disconnect, 600, 10s);
  join("silent", 50);
  caller& hears = join("hears", 50);
  caller& bulk = join("bulk");
  caller& seldom = join("seldom");
  int heard = 0;
  engine_->run(ahoy::when_any(ahoy::tasks(serve(hears), serve(bulk), serve(seldom), read_all(bulk, 50),
                                          read_all(seldom, 50), say_often(*room_, *bulk.member, "bulk", 9),
                                          say_once_others_wait(*room_, seldom, hears, heard))));
  EXPECT_EQ(heard, 1);
}

// --- one of two does not read ---

task<> say_then_let_the_silent_one_go(room& in, caller& silent, caller& reader, int count) {
  co_await say_numbers(in, count, 50);
  EXPECT_LE(silent.member->queued_bytes(), 1000U);
  reader.member->leave();
  silent.other_end.reset();  // breaks the send that still waits
}

task<> serve_to_the_end(caller& to) {
  try {
    co_await serve(to);
  } catch (const ahoy::error& failure) {
    EXPECT_EQ(failure.code(), std::errc::broken_pipe);
  }
}

class beside_one_who_does_not_read : public in_a_room, public testing::WithParamInterface<slow_policy> {};

TEST_P(beside_one_who_does_not_read, the_others_get_everything_and_memory_stays_under_the_cap) {
  open(GetParam());
  caller& silent = join("silent");
  caller& reader = join("reader");
  engine_->run(ahoy::when_all(ahoy::tasks(serve_to_the_end(silent), serve(reader), read_all(reader, 50),
                                          say_then_let_the_silent_one_go(*room_, silent, reader, 500))));
  EXPECT_EQ(reader.got, all_numbers(500, 50));
  const bool cut = GetParam() == slow_policy::disconnect;
  EXPECT_EQ(silent.member->was_put_out(), cut);
  EXPECT_EQ(silent.member->dropped() > 0, !cut);
  EXPECT_FALSE(reader.member->was_put_out());
  EXPECT_EQ(reader.member->dropped(), 0U);
}

INSTANTIATE_TEST_SUITE_P(each, beside_one_who_does_not_read,
                         testing::Values(slow_policy::disconnect, slow_policy::drop_oldest,
                                         slow_policy::drop_newest));

task<> say_then_read(room& in, caller& late, int count, std::size_t size) {
  co_await say_numbers(in, count, size);
  late.member->leave();
  co_await read_all(late, size);
}

TEST_F(in_a_room, what_is_dropped_is_counted_said_and_as_the_policy_says) {
  for (const slow_policy policy : {slow_policy::drop_oldest, slow_policy::drop_newest}) {
    callers_.clear();
    told_ = {};
    open(policy);
    caller& late = join("late", 50);
    engine_->run(ahoy::when_all(ahoy::tasks(serve(late), say_then_read(*room_, late, 100, 50))));
    EXPECT_EQ(late.got.size() + late.member->dropped(), 100U);
    EXPECT_GT(late.member->dropped(), 0U);
    EXPECT_EQ(told_.total, late.member->dropped());
    EXPECT_EQ(told_.last, "late");
    EXPECT_LE(told_.times, 20) << "a flood of drops is no flood of lines";
    EXPECT_EQ(late.got.front(), numbered(0, 50)) << "it was on its way";
    const bool has_last = late.got.back() == numbered(99, 50);
    EXPECT_EQ(has_last, policy == slow_policy::drop_oldest);
  }
}

TEST_F(in_a_room, under_block_nothing_is_lost_to_one_who_pauses_for_long) {
  open(slow_policy::block, 1000, 1ms);
  caller& late = join("late");
  struct pausing {
    static task<> read(caller& of, ahoy::engine& by) {
      co_await by.sleep(30ms);  // many times what counts as slow
      co_await read_all(of, 50);
    }
  };
  engine_->run(ahoy::when_all(ahoy::tasks(serve(late), pausing::read(late, *engine_),
                                          say_numbers_and_close(*room_, 500, 50, callers_))));
  EXPECT_EQ(late.got, all_numbers(500, 50));
  EXPECT_EQ(told_.total, 0U);
}

task<> read_until(caller& of, std::size_t count, caller& silent) {
  while (of.got.size() < count) {
    ahoy::bytes received = co_await of.other_end->receive();
    for (std::size_t at = 0; at < received.size(); at += 50)
      of.got.emplace_back(received.text().substr(at, 50));
  }
  silent.member.reset();
  of.member->leave();
}

/// Several slow ones hold a talker up at the same time, not one after the other.
TEST_F(in_a_room, one_who_has_room_again_does_not_wait_for_another_who_has_none) {
  open(slow_policy::block, 200);
  caller& silent = join("silent");
  caller& reader = join("reader", 50);
  engine_->run(
      ahoy::when_all(ahoy::tasks(say_numbers(*room_, 2, 50), serve(reader), read_until(reader, 2, silent))));
  EXPECT_EQ(reader.got, all_numbers(2, 50));
}

TEST_F(in_a_room, empty_messages_fill_a_queue_too) {
  open(slow_policy::drop_newest);
  caller& silent = join("silent");
  engine_->run(say_numbers(*room_, 1000, 0));
  EXPECT_GT(silent.member->dropped(), 900U);
}

TEST_F(in_a_room, a_message_larger_than_the_queue_is_let_in_when_nothing_waits) {
  open(slow_policy::drop_newest, 100);
  caller& one = join("one");
  engine_->run(ahoy::when_all(
      ahoy::tasks(serve(one), read_all(one, 5000), say_numbers_and_close(*room_, 1, 5000, callers_))));
  EXPECT_EQ(one.got, all_numbers(1, 5000));
}

// --- coming and going ---

task<> say_when_others_wait(room& in, ahoy::engine& by, caller& goes, caller& stays) {
  co_await by.sleep(2ms);
  goes.member.reset();
  co_await by.sleep(2ms);
  EXPECT_FALSE(in.has("goes"));
  stays.member->leave();
}

TEST_F(in_a_room, a_member_may_go_while_others_wait_for_it_and_they_go_on) {
  open(slow_policy::block, 100);
  caller& goes = join("goes");
  caller& stays = join("stays");
  engine_->run(ahoy::when_all(ahoy::tasks(serve(stays), read_all(stays, 50), say_numbers(*room_, 5, 50),
                                          say_numbers(*room_, 5, 50),
                                          say_when_others_wait(*room_, *engine_, goes, stays))));
  EXPECT_EQ(stays.got.size(), 10U);
}

task<> say_to_one(room& in, std::string label, std::string text, bool& found) {
  found = co_await in.say_to(label, text);
}

TEST_F(in_a_room, one_is_spoken_to_alone) {
  open(slow_policy::disconnect);
  caller& one = join("one");
  caller& other = join("other");
  bool found = false;
  engine_->run(say_to_one(*room_, "other", "hello", found));
  EXPECT_TRUE(found);
  EXPECT_EQ(one.member->queued_bytes(), 0U);
  EXPECT_GT(other.member->queued_bytes(), 0U);
  engine_->run(say_to_one(*room_, "nobody", "hello", found));
  EXPECT_FALSE(found);
}

task<> say_to_the_others(room& in, room_member& from) { co_await in.say_to_others(&from, "hello"); }

TEST_F(in_a_room, who_speaks_does_not_hear_itself) {
  open(slow_policy::disconnect);
  caller& one = join("one");
  caller& other = join("other");
  engine_->run(say_to_the_others(*room_, *one.member));
  EXPECT_EQ(one.member->queued_bytes(), 0U);
  EXPECT_GT(other.member->queued_bytes(), 0U);
}

TEST_F(in_a_room, one_who_left_gets_what_waits_and_nothing_more) {
  open(slow_policy::disconnect);
  caller& one = join("one");
  engine_->run(say_numbers(*room_, 2, 50));
  one.member->leave();
  engine_->run(say_numbers(*room_, 2, 50));
  engine_->run(ahoy::when_all(ahoy::tasks(serve(one), read_all(one, 50))));
  EXPECT_EQ(one.got, all_numbers(2, 50));
}

}  // namespace
