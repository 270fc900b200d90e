#include <ahoy/error/error.hpp>
#include <ahoy/handler/gathering.hpp>
#include <ahoy/server/server.hpp>
#include <ahoy/socket/socket.hpp>

#include <gtest/gtest.h>
#include <tests/reset.hpp>

#include <algorithm>
#include <condition_variable>
#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace {

using namespace std::chrono_literals;
using ahoy::connection;
using ahoy::message;
using ahoy::task;
using ahoy_test::all_before_a_reset;

/// What was said and who came and went, for a test on another thread to wait for.
class minutes final : public ahoy::transcript, public ahoy::observer {
 public:
  task<> heard(const connection& from, const message& said) override {
    note(from.label() + (said.unfinished ? " … " : " ") + said.text);
    co_return;
  }
  void joined(const connection& caller) override { note("joined " + caller.label()); }
  void left(const connection& caller, std::string_view why) override {
    note("left " + caller.label() + " " + std::string{why});
  }
  void dropped(std::string_view label, std::uint64_t messages) override {
    note("dropped " + std::string{label} + " " + std::to_string(messages));
  }
  void too_large(std::string_view label, std::size_t bytes) override {
    note("too large for " + std::string{label} + ": " + std::to_string(bytes));
  }
  void listening(ahoy::scheme, const ahoy::address& on) override { where_.set_value(on); }

  ahoy::address where() { return where_.get_future().get(); }
  void wait_for(const std::string& line) {
    std::unique_lock lock{mutex_};
    EXPECT_TRUE(changed_.wait_for(lock, 20s, [&] { return std::ranges::find(lines_, line) != lines_.end(); }))
        << line;
  }
  [[nodiscard]] std::vector<std::string> lines() {
    const std::lock_guard lock{mutex_};
    return lines_;
  }

 private:
  void note(std::string line) {
    const std::lock_guard lock{mutex_};
    lines_.push_back(std::move(line));
    changed_.notify_all();
  }
  std::promise<ahoy::address> where_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> lines_;
};

/// A server with a gathering on a thread of its own.
template <class Gathering>
class running {
 public:
  explicit running(std::string_view on, const ahoy::gathering_options& options = {},
                   const ahoy::server_options& how = {})
      : server_{{ahoy::endpoint::parse(on)}, make(options), how} {
    server_.set_observer(said_);
    thread_ = std::thread{[this] { server_.run(); }};
    where_ = said_.where();
  }
  ~running() {
    if (!thread_.joinable()) return;
    server_.stop();
    thread_.join();
  }
  [[nodiscard]] ahoy::socket call(ahoy::socket_type type = ahoy::socket_type::stream) const {
    ahoy::socket caller{where_.family(), type};
    caller.settimeout(20s);
    caller.connect(where_);
    return caller;
  }
  /// A caller who is in the room by now.
  [[nodiscard]] ahoy::socket join() {
    ahoy::socket caller = call();
    said_.wait_for("joined " + caller.getsockname().to_string());
    return caller;
  }
  minutes& said() { return said_; }
  ahoy::server& server() { return server_; }
  void end() {
    server_.stop();
    thread_.join();
  }

 private:
  std::unique_ptr<ahoy::handler> make(const ahoy::gathering_options& options) {
    return std::make_unique<Gathering>(options, said_, said_);
  }
  minutes said_;
  ahoy::server server_;
  ahoy::address where_;
  std::thread thread_;
};

std::string name_of(const ahoy::socket& caller) { return caller.getsockname().to_string(); }

std::string read_line(ahoy::socket& from) {
  std::string line;
  for (std::string next = from.recv(1); !next.empty() && next != "\n"; next = from.recv(1)) line += next;
  return line;
}

std::string read_all(ahoy::socket& from) {
  std::string all;
  for (std::string part = from.recv(4096); !part.empty(); part = from.recv(4096)) all += part;
  return all;
}

// --- talk ---

TEST(talk, what_a_caller_says_is_written_down_line_by_line) {
  running<ahoy::talk> serving{"tcp://127.0.0.1:0"};
  ahoy::socket caller = serving.join();
  caller.sendall("one\r\ntwo\nunfini");
  serving.said().wait_for(name_of(caller) + " one");
  serving.said().wait_for(name_of(caller) + " two");
  serving.said().wait_for(name_of(caller) + " … unfini");
}

TEST(talk, strict_framing_waits_for_the_end_of_a_line) {
  ahoy::gathering_options options;
  options.unfinished_after = ahoy::no_timeout;
  running<ahoy::talk> serving{"tcp://127.0.0.1:0", options};
  ahoy::socket caller = serving.join();
  caller.sendall("hel");
  caller.sendall("lo\n");
  serving.said().wait_for(name_of(caller) + " hello");
}

TEST(talk, one_who_ends_its_half_has_left_its_last_line_is_shown_and_it_is_closed_at_once) {
  running<ahoy::talk> serving{"tcp://127.0.0.1:0"};
  ahoy::socket caller = serving.join();
  caller.sendall("no newline");
  caller.shutdown(ahoy::half::sending);
  EXPECT_EQ(read_all(caller), "");
  serving.said().wait_for("left " + name_of(caller) + " done");
  EXPECT_EQ(serving.said().lines()[1], name_of(caller) + " no newline");
}

TEST(talk, one_may_be_asked_to_stay_after_its_end) {
  ahoy::gathering_options options;
  options.stay_after_end = true;
  running<ahoy::relay> serving{"tcp://127.0.0.1:0", options};
  ahoy::socket listens = serving.join();
  listens.sendall("last\n");
  listens.shutdown(ahoy::half::sending);
  serving.said().wait_for(name_of(listens) + " last");
  ahoy::socket speaks = serving.join();
  speaks.sendall("still there?\n");
  EXPECT_EQ(read_line(listens), "[" + name_of(speaks) + "] still there?");
}

TEST(talk, a_message_over_the_limit_ends_its_caller_with_a_reason_and_no_other) {
  ahoy::gathering_options options;
  options.max_message = 10;
  running<ahoy::talk> serving{"tcp://127.0.0.1:0", options};
  ahoy::socket stays = serving.join();
  ahoy::socket talks = serving.join();
  talks.sendall("fine\n" + std::string(100, 'x'));
  EXPECT_NE(all_before_a_reset(talks).find("too long"), std::string::npos);
  serving.said().wait_for(name_of(talks) + " fine");
  stays.sendall("still\n");
  serving.said().wait_for(name_of(stays) + " still");
}

TEST(talk, a_reset_ends_its_caller_and_no_other) {
  running<ahoy::talk> serving{"tcp://127.0.0.1:0"};
  ahoy::socket stays = serving.join();
  ahoy::socket breaks = serving.join();
  const std::string name = name_of(breaks);
  const linger at_once{1, 0};
  ASSERT_EQ(::setsockopt(breaks.fileno(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once), 0);
  breaks.close();
  serving.said().wait_for("left " + name + " connection reset by peer");
  stays.sendall("still\n");
  serving.said().wait_for(name_of(stays) + " still");
}

TEST(talk, a_stop_ends_with_everybody_closed_and_what_they_said_shown) {
  running<ahoy::talk> serving{"tcp://127.0.0.1:0"};
  ahoy::socket caller = serving.join();
  caller.sendall("something\n");
  serving.said().wait_for(name_of(caller) + " something");
  serving.server().stop();
  EXPECT_EQ(read_all(caller), "");
  caller.close();
  serving.end();
  EXPECT_EQ(serving.said().lines().back(), "left " + serving.said().lines().front().substr(7) + " done");
}

TEST(talk, datagrams_are_messages_whatever_they_contain) {
  running<ahoy::talk> serving{"udp://127.0.0.1:0"};
  ahoy::socket caller = serving.call(ahoy::socket_type::datagram);
  caller.send("two\nlines");
  caller.send("");
  serving.said().wait_for(name_of(caller) + " two\nlines");
  serving.said().wait_for(name_of(caller) + " ");
}

// --- relay ---

TEST(relay, what_one_says_goes_to_all_others_with_its_name) {
  running<ahoy::relay> serving{"tcp://127.0.0.1:0"};
  ahoy::socket one = serving.join();
  ahoy::socket two = serving.join();
  ahoy::socket three = serving.join();
  one.sendall("hello\n");
  const std::string expected = "[" + name_of(one) + "] hello";
  EXPECT_EQ(read_line(two), expected);
  EXPECT_EQ(read_line(three), expected);
  two.sendall("hi\n");
  EXPECT_EQ(read_line(one), "[" + name_of(two) + "] hi") << "and not its own words";
}

TEST(relay, nobody_speaks_under_anothers_name) {
  running<ahoy::relay> serving{"tcp://127.0.0.1:0"};
  ahoy::socket pretends = serving.join();
  ahoy::socket reads = serving.join();
  pretends.sendall("\r[127.0.0.1:9] x\x1b[2J\n");
  EXPECT_EQ(read_line(reads), "[" + name_of(pretends) + "] \\x0d[127.0.0.1:9] x\\x1b[2J");
}

TEST(relay, what_waits_for_one_who_ends_its_half_is_flushed) {
  running<ahoy::relay> serving{"tcp://127.0.0.1:0"};
  ahoy::socket reads_late = serving.join();
  ahoy::socket speaks = serving.join();
  const std::string line(1000, 'x');
  for (int i = 0; i < 3000; ++i) speaks.sendall(line + "\n");
  speaks.sendall("end\n");
  serving.said().wait_for(name_of(speaks) + " end");
  reads_late.shutdown(ahoy::half::sending);
  const std::string all = read_all(reads_late);
  EXPECT_EQ(std::ranges::count(all, '\n'), 3001);
  EXPECT_TRUE(all.ends_with("] end\n"));
}

TEST(relay, one_who_does_not_read_is_cut_and_the_others_get_everything) {
  ahoy::gathering_options options;
  options.room.queue = 64 * 1024;
  options.room.slow_after = 2s;
  running<ahoy::relay> serving{"tcp://127.0.0.1:0", options};
  ahoy::socket silent = serving.join();
  ahoy::socket reads = serving.join();
  ahoy::socket speaks = serving.join();
  const std::string name = name_of(silent);
  constexpr int count = 20'000;
  std::string got;
  std::thread reader{[&] {
    while (!got.ends_with(" " + std::to_string(count - 1) + "\n")) got += reads.recv(1 << 16);
  }};
  const std::string padding(1000, '.');
  std::string lines;
  for (int i = 0; i < count; ++i) lines += padding + " " + std::to_string(i) + "\n";
  speaks.sendall(lines);
  serving.said().wait_for("left " + name + " " + ahoy::cause_in_words(make_error_code(ahoy::errc::too_slow)));
  reader.join();
  std::string expected;
  for (int i = 0; i < count; ++i)
    expected += "[" + name_of(speaks) + "] " + padding + " " + std::to_string(i) + "\n";
  EXPECT_TRUE(got == expected) << got.size() << " of " << expected.size() << " bytes";
}

TEST(relay, a_line_that_no_datagram_can_hold_puts_no_other_caller_out) {
  running<ahoy::relay> serving{"udp://127.0.0.1:0"};
  ahoy::socket one = serving.call(ahoy::socket_type::datagram);
  one.send("here");
  serving.said().wait_for(name_of(one) + " here");
  ahoy::socket other = serving.call(ahoy::socket_type::datagram);
  other.send(std::string(30'000, '\x01'));  // escaped it is four times as long
  const std::size_t size = name_of(other).size() + 3 + 120'000;
  serving.said().wait_for("too large for " + name_of(one) + ": " + std::to_string(size));
  other.send("and this one fits");
  EXPECT_EQ(one.recv(1000), "[" + name_of(other) + "] and this one fits");
}

TEST(relay, works_with_one_caller_at_a_time) {
  ahoy::server_options how;
  how.model = ahoy::model::iterative;
  running<ahoy::talk> serving{"tcp://127.0.0.1:0", {}, how};
  ahoy::socket first = serving.join();
  first.sendall("first\n");
  serving.said().wait_for(name_of(first) + " first");
  ahoy::socket second = serving.call();
  second.sendall("second\n");
  first.shutdown(ahoy::half::sending);
  EXPECT_EQ(read_all(first), "");
  first.close();
  serving.said().wait_for(name_of(second) + " second");
}

}  // namespace
