#include <ahoy/connection/pipe.hpp>
#include <ahoy/engine/select.hpp>
#include <ahoy/error/log.hpp>
#include <ahoy/server/server.hpp>
#include <ahoy/socket/socket.hpp>
#include <ahoy/task/scope.hpp>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/file.h>
#include <tests/reset.hpp>

#include <array>
#include <atomic>
#include <filesystem>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace {

using namespace std::chrono_literals;
using ahoy::connection;
using ahoy::model;
using ahoy::task;
using ahoy_test::all_before_a_reset;

struct echo {
  task<> serve(connection& peer) {
    for (;;) {
      ahoy::bytes received = co_await peer.receive();
      if (received.empty()) break;
      co_await peer.send(received);
    }
  }
};

/// Runs a server on a thread of its own, and knows where it listens.
class running : public ahoy::observer {
 public:
  template <class Handler>
  running(std::string_view on, Handler how, ahoy::server_options options = {})
      : server_{on, std::move(how), std::move(options)} {
    server_.set_observer(*this);
    thread_ = std::thread{[this] { server_.run(); }};
    where_ = found_.get_future().get();
  }
  ~running() override {
    server_.stop();
    if (thread_.joinable()) thread_.join();
  }
  void listening(ahoy::scheme, const ahoy::address& on) override { found_.set_value(on); }
  void waiting(const connection&, std::size_t) override {
    waiting_ = true;
    waiting_.notify_all();
  }
  void wait_until_one_waits() { waiting_.wait(false); }

  [[nodiscard]] ahoy::socket call() const {
    ahoy::socket caller{where_.family(), ahoy::socket_type::stream};
    caller.settimeout(20s);
    caller.connect(where_.host(), where_.port());
    return caller;
  }
  [[nodiscard]] const ahoy::address& where() const { return where_; }
  ahoy::server& server() { return server_; }

 private:
  ahoy::server server_;
  std::promise<ahoy::address> found_;
  std::atomic<bool> waiting_ = false;
  ahoy::address where_;
  std::thread thread_;
};

ahoy::server_options with(model which) {
  ahoy::server_options options;
  options.model = which;
  return options;
}

/// A row of Stevens' table (UNP vol. 1, chapter 30).
struct way_to_serve {
  ahoy::model model;
  std::size_t workers;
};

constexpr std::array<way_to_serve, 7> every_way{{{model::iterative, 0},
                                                 {model::event, 0},
                                                 {model::event, 3},
                                                 {model::thread, 0},
                                                 {model::thread, 3},
                                                 {model::process, 0},
                                                 {model::process, 3}}};

std::string name_of_way(const testing::TestParamInfo<way_to_serve>& tested) {
  const std::string workers = tested.param.workers > 0 ? "_" + std::to_string(tested.param.workers) : "";
  return std::string{ahoy::to_string(tested.param.model)} + workers;
}

ahoy::server_options options_for(const way_to_serve& way) {
  ahoy::server_options options;
  options.model = way.model;
  options.workers = way.workers;
  return options;
}

class every_model : public testing::TestWithParam<way_to_serve> {};

TEST_P(every_model, answers_callers_one_after_the_other) {
  running serving{"tcp://127.0.0.1:0", echo{}, options_for(GetParam())};
  for (int i = 0; i < 3; ++i) {
    ahoy::socket caller = serving.call();
    caller.sendall("hello");
    EXPECT_EQ(caller.recv(1024), "hello");
  }
}

TEST_P(every_model, a_greeting_is_not_lost_to_a_reset) {
  const auto greet = [](connection& peer) -> task<> { co_await peer.send("Thank you for connecting"); };
  running serving{"tcp://127.0.0.1:0", greet, options_for(GetParam())};
  ahoy::socket caller = serving.call();
  caller.sendall("what the server never reads");
  caller.shutdown(ahoy::half::sending);
  std::string all;
  for (std::string part = caller.recv(1024); !part.empty(); part = caller.recv(1024)) all += part;
  EXPECT_EQ(all, "Thank you for connecting");
}

TEST_P(every_model, a_handler_that_throws_harms_nobody_else) {
  const auto throws = [](connection& peer) -> task<> {
    ahoy::bytes received = co_await peer.receive();
    if (received.text() == "fail") throw std::runtime_error{"as asked"};
    co_await peer.send(received);
  };
  running serving{"tcp://127.0.0.1:0", throws, options_for(GetParam())};
  ahoy::socket first = serving.call();
  first.sendall("fail");
  EXPECT_EQ(all_before_a_reset(first), "");
  ahoy::socket second = serving.call();
  second.sendall("well");
  EXPECT_EQ(second.recv(1024), "well");
}

TEST_P(every_model, what_a_handler_throws_is_logged_where_nobody_else_tells_it) {
  std::promise<std::string> logged;
  ahoy::set_log([&logged](ahoy::log_level, std::string_view line) {
    if (line.find(" left: ") != std::string_view::npos) logged.set_value(std::string{line});
  });
  const auto throws = [](connection&) -> task<> { throw std::runtime_error{"as asked"}; };
  {
    running serving{"tcp://127.0.0.1:0", throws, options_for(GetParam())};
    try {
      ahoy::socket caller = serving.call();
      EXPECT_EQ(all_before_a_reset(caller), "");
    } catch (const std::system_error& reset) {  // it may be cut before its connect() has looked
      EXPECT_EQ(reset.code(), std::errc::connection_reset);
    }
    EXPECT_TRUE(logged.get_future().get().ends_with(" left: as asked"));
  }
  ahoy::set_log({});
}

TEST_P(every_model, stop_lets_a_handler_finish_what_it_sends) {
  const auto last_words = [](connection& peer) -> task<> {
    co_await peer.send("hello;");
    ahoy::bytes received = co_await peer.receive();
    EXPECT_TRUE(received.empty());
    co_await peer.send("good-bye");
  };
  running serving{"tcp://127.0.0.1:0", last_words, options_for(GetParam())};
  ahoy::socket caller = serving.call();
  EXPECT_EQ(caller.recv(6), "hello;");
  serving.server().stop();
  EXPECT_EQ(caller.recv(1024), "good-bye");
  EXPECT_EQ(caller.recv(1024), "");
}

INSTANTIATE_TEST_SUITE_P(each, every_model, testing::ValuesIn(every_way), name_of_way);

TEST(iterative, a_second_caller_is_connected_and_waits_until_the_first_has_left) {
  running serving{"tcp://127.0.0.1:0", echo{}, with(model::iterative)};
  ahoy::socket first = serving.call();
  first.sendall("1");
  EXPECT_EQ(first.recv(1024), "1");
  ahoy::socket second = serving.call();
  second.sendall("2");
  serving.wait_until_one_waits();
  first.sendall("still me");
  EXPECT_EQ(first.recv(1024), "still me");
  second.settimeout(0s);
  EXPECT_THROW(static_cast<void>(second.recv(1)), std::system_error);
  second.settimeout(20s);
  first.close();
  EXPECT_EQ(second.recv(1024), "2");
}

struct two_places final : ahoy::observer {
  void listening(ahoy::scheme as, const ahoy::address& on) override {
    (as == ahoy::scheme::udp ? datagrams : streams).set_value(on);
  }
  std::promise<ahoy::address> streams, datagrams;
};

TEST(iterative, a_peer_that_sent_a_datagram_holds_up_no_connection) {
  two_places where;
  ahoy::server server{
      {ahoy::endpoint::parse("udp://127.0.0.1:0"), ahoy::endpoint::parse("tcp://127.0.0.1:0")},
      ahoy::make_handler(echo{}),
      with(model::iterative)};
  server.set_observer(where);
  std::thread serving{[&] { server.run(); }};
  ahoy::socket peer{ahoy::family::inet, ahoy::socket_type::datagram};
  peer.settimeout(20s);
  peer.sendto("1", where.datagrams.get_future().get());
  EXPECT_EQ(peer.recvfrom(10).first, "1");
  ahoy::socket caller{ahoy::family::inet};
  caller.settimeout(20s);
  caller.connect(where.streams.get_future().get());
  caller.sendall("2");
  EXPECT_EQ(caller.recv(10), "2");
  caller.close();
  server.stop();
  serving.join();
}

TEST(event, both_callers_are_answered_at_once) {
  running serving{"tcp://127.0.0.1:0", echo{}, with(model::event)};
  ahoy::socket first = serving.call();
  ahoy::socket second = serving.call();
  second.sendall("2");
  EXPECT_EQ(second.recv(1024), "2");
  first.sendall("1");
  EXPECT_EQ(first.recv(1024), "1");
}

TEST_P(every_model, what_a_handler_throws_may_be_anything) {
  const auto throws = [](connection& peer) -> task<> {
    ahoy::bytes received = co_await peer.receive();
    if (received.text() == "fail") throw 42;
    co_await peer.send(received);
  };
  running serving{"tcp://127.0.0.1:0", throws, options_for(GetParam())};
  ahoy::socket first = serving.call();
  first.sendall("fail");
  EXPECT_EQ(all_before_a_reset(first), "");
  first.close();
  ahoy::socket second = serving.call();
  second.sendall("well");
  EXPECT_EQ(second.recv(1024), "well");
}

TEST(iterative, callers_have_their_turn_in_the_order_in_which_they_came) {
  struct say_turn {
    task<> serve(connection& peer) {
      const std::string text = std::to_string(++turn);
      co_await peer.send(text);
      co_await peer.receive();
    }
    int turn = 0;
  };
  running serving{"tcp://127.0.0.1:0", say_turn{}, with(model::iterative)};
  std::vector<ahoy::socket> callers;
  for (int i = 0; i < 5; ++i) callers.push_back(serving.call());
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(callers[i].recv(10), std::to_string(i + 1));
    callers[i].close();
  }
}

TEST(max_clients, one_more_is_told_busy_and_loses_no_word_of_it) {
  ahoy::server_options options;
  options.max_clients = 1;
  running serving{"tcp://127.0.0.1:0", echo{}, options};
  ahoy::socket first = serving.call();
  first.sendall("1");
  EXPECT_EQ(first.recv(1024), "1");
  ahoy::socket second = serving.call();
  second.sendall("unread");
  EXPECT_EQ(second.recv(1024), "busy\n");
  EXPECT_EQ(second.recv(1024), "");
}

TEST(server, does_not_serve_in_the_clear_what_was_meant_for_tls) {
  ahoy::server serving{"tls://127.0.0.1:0", [](connection&) -> task<> { co_return; }};
  try {
    serving.run();
    ADD_FAILURE() << "nothing was thrown";
  } catch (const std::system_error& failure) {
    EXPECT_EQ(failure.code(), std::errc::protocol_not_supported) << failure.what();
  }
}

/// A folder for a Unix socket that somebody has locked, as a server has that starts there.
class locked_folder : public testing::Test {
 protected:
  locked_folder() {
    EXPECT_NE(::mkdtemp(folder_.data()), nullptr);
    lock_ = ahoy::fd{::open(folder_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    EXPECT_EQ(::flock(lock_.get(), LOCK_EX), 0);
    server_.emplace("unix://" + path(), echo{});
  }
  ~locked_folder() override { std::filesystem::remove_all(folder_); }
  [[nodiscard]] std::string path() const { return folder_ + "/socket"; }
  std::error_code cause_of_serving_beside(task<> other) {
    try {
      by_->run(ahoy::when_all(ahoy::tasks(server_->serve(*by_), std::move(other))));
    } catch (const std::system_error& failure) {
      return failure.code();
    }
    return {};
  }

  std::string folder_ = std::filesystem::temp_directory_path() / "server_testXXXXXX";
  ahoy::fd lock_;
  std::unique_ptr<ahoy::engine> by_ = ahoy::make_engine();
  std::optional<ahoy::server> server_;
};

task<> count_turns(ahoy::engine& by, int& turns) {
  for (;;) {
    co_await by.sleep(1ms);
    ++turns;
  }
}

TEST_F(locked_folder, is_not_waited_for_much_longer_than_a_server_needs_to_start_nor_holds_up_others) {
  int turns = 0;
  EXPECT_EQ(cause_of_serving_beside(count_turns(*by_, turns)), std::errc::device_or_resource_busy);
  EXPECT_GT(turns, 1);
}

task<> unlock(ahoy::engine& by, ahoy::fd& lock) {
  co_await by.sleep(20ms);
  lock.reset();
}

struct stopping_at_once final : ahoy::observer {
  explicit stopping_at_once(ahoy::server& of) : of{of} {}
  void listening(ahoy::scheme, const ahoy::address&) override {
    listened = true;
    of.stop();
  }
  ahoy::server& of;
  bool listened = false;
};

TEST_F(locked_folder, is_waited_for_while_another_server_starts) {
  stopping_at_once told{*server_};
  server_->set_observer(told);
  EXPECT_EQ(cause_of_serving_beside(unlock(*by_, lock_)), std::error_code{});
  EXPECT_TRUE(told.listened);
}

task<> start_and_unlock(ahoy::engine& by, ahoy::fd& lock, ahoy::socket& other, std::string path) {
  co_await by.sleep(20ms);
  other.bind(ahoy::address::local(path));
  other.listen();
  lock.reset();
}

TEST_F(locked_folder, has_another_server_when_that_has_started) {
  ahoy::socket other{ahoy::family::local};
  EXPECT_EQ(cause_of_serving_beside(start_and_unlock(*by_, lock_, other, path())), std::errc::address_in_use);
  EXPECT_TRUE(std::filesystem::exists(path()));
}

TEST(once, the_server_ends_after_its_one_caller) {
  ahoy::server_options options;
  options.once = true;
  running serving{"tcp://127.0.0.1:0", echo{}, options};
  ahoy::socket caller = serving.call();
  caller.sendall("1");
  EXPECT_EQ(caller.recv(1024), "1");
  caller.close();
}

struct counting final : ahoy::observer {
  void listening(ahoy::scheme, const ahoy::address& on) override { where.push_back(on); }
  void joined(const connection&) override { ++callers; }
  std::vector<ahoy::address> where;
  int callers = 0;
};

task<> call_everywhere_at_once(const std::vector<ahoy::address>& where) {
  std::vector<ahoy::socket> callers;
  for (const ahoy::address& each : where) callers.emplace_back(each.family()).connect(each);
  co_return;
}

TEST(once, two_who_come_at_the_same_moment_are_not_both_served) {
  const auto by = ahoy::make_engine();
  counting told;
  ahoy::server_options once;
  once.once = true;
  ahoy::server server{
      {ahoy::endpoint::parse("tcp://127.0.0.1:0"), ahoy::endpoint::parse("tcp://127.0.0.1:0")},
      ahoy::make_handler(echo{}),
      once};
  server.set_observer(told);
  by->run(ahoy::when_all(ahoy::tasks(server.serve(*by), call_everywhere_at_once(told.where))));
  EXPECT_EQ(told.where.size(), 2U);
  EXPECT_EQ(told.callers, 1);
}

TEST(once, over_udp_the_one_caller_is_heard_and_answered_for_as_long_as_it_stays) {
  ahoy::server_options options;
  options.once = true;
  running serving{"udp://127.0.0.1:0", echo{}, options};
  ahoy::socket caller{ahoy::family::inet, ahoy::socket_type::datagram};
  caller.settimeout(20s);
  for (const char* text : {"one", "two", "three"}) {
    caller.sendto(text, serving.where());
    EXPECT_EQ(caller.recvfrom(100).first, text);
  }
}

class every_model_udp : public testing::TestWithParam<way_to_serve> {};

TEST_P(every_model_udp, each_peer_is_a_caller_of_its_own) {
  running serving{"udp://127.0.0.1:0", echo{}, options_for(GetParam())};
  ahoy::socket one{ahoy::family::inet, ahoy::socket_type::datagram};
  ahoy::socket other{ahoy::family::inet, ahoy::socket_type::datagram};
  for (ahoy::socket* each : {&one, &other}) {
    each->settimeout(20s);
    each->sendto(each == &one ? "one" : "other", serving.where().host(), serving.where().port());
  }
  EXPECT_EQ(one.recvfrom(100).first, "one");
  EXPECT_EQ(other.recvfrom(100).first, "other");
  one.sendto("", serving.where().host(), serving.where().port());
  EXPECT_EQ(one.recvfrom(100).first, "");
}

TEST_P(every_model_udp, its_callers_end_well_when_the_server_stops) {
  const auto last_words = [](connection& peer) -> task<> {
    co_await peer.send("hello");
    for (;;) {
      ahoy::bytes received = co_await peer.receive();
      if (received.empty()) break;
    }
    co_await peer.engine().sleep(5ms);  // by now nobody accepts any more
    co_await peer.send("good-bye");
  };
  running serving{"udp://127.0.0.1:0", last_words, options_for(GetParam())};
  ahoy::socket caller{ahoy::family::inet, ahoy::socket_type::datagram};
  caller.settimeout(20s);
  caller.sendto("x", serving.where());
  EXPECT_EQ(caller.recvfrom(100).first, "hello");
  serving.server().stop();
  EXPECT_EQ(caller.recvfrom(100).first, "good-bye");
}

TEST_P(every_model_udp, a_handler_that_leaves_without_receiving_holds_up_nobody) {
  const auto leaves = [](connection& peer) -> task<> {
    co_await peer.engine().sleep(1ms);
    co_await peer.send("good-bye");
  };
  running serving{"udp://127.0.0.1:0", leaves, options_for(GetParam())};
  for (int i = 0; i < 3; ++i) {
    ahoy::socket caller{ahoy::family::inet, ahoy::socket_type::datagram};
    caller.settimeout(20s);
    caller.sendto("x", serving.where());
    EXPECT_EQ(caller.recvfrom(100).first, "good-bye");
  }
}

TEST_P(every_model_udp, a_caller_knows_the_whole_of_its_local_half) {
  const auto says = [](connection& peer) -> task<> {
    const std::string halves = peer.local().to_string() + " " + peer.remote().to_string();
    co_await peer.send(halves);
  };
  running serving{"udp://0.0.0.0:0", says, options_for(GetParam())};
  ahoy::socket caller{ahoy::family::inet, ahoy::socket_type::datagram};
  caller.settimeout(20s);
  caller.connect("127.0.0.2", serving.where().port());
  caller.send("x");
  EXPECT_EQ(caller.recv(100), caller.getpeername().to_string() + " " + caller.getsockname().to_string());
}

TEST_P(every_model_udp, an_answer_carries_a_mark_and_a_marked_one_is_not_answered) {
  running serving{"udp://127.0.0.1:0", echo{}, options_for(GetParam())};
  ahoy::socket caller{ahoy::family::inet, ahoy::socket_type::datagram};
  caller.settimeout(20s);
  caller.setsockopt(IPPROTO_IP, IP_TOS, 47 << 2);
  caller.sendto("as from another echo", serving.where());
  caller.setsockopt(IPPROTO_IP, IP_TOS, 0);
  caller.sendto("as from a person", serving.where());
  EXPECT_EQ(caller.recvfrom(100).first, "as from a person");
}

INSTANTIATE_TEST_SUITE_P(each, every_model_udp, testing::ValuesIn(every_way), name_of_way);

}  // namespace
