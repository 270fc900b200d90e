#include <ahoy/server/server.hpp>
#include <ahoy/socket/socket.hpp>

#include <gtest/gtest.h>
#include <sys/prctl.h>

#include <atomic>
#include <condition_variable>
#include <cstdlib>
#include <future>
#include <mutex>
#include <string>
#include <thread>
#include <tuple>
#include <vector>

namespace {

using namespace std::chrono_literals;
using ahoy::connection;
using ahoy::task;

/// Echoes, and dies of "abort": where that is another process's death.
task<> echo_or_abort(connection& peer) {
  for (;;) {
    ahoy::bytes received = co_await peer.receive();
    if (received.empty()) break;
    if (received.text() == "abort") {
      ::prctl(PR_SET_DUMPABLE, 0);  // no core file
      std::abort();
    }
    co_await peer.send(received);
  }
}

class served_on_a_thread final : public ahoy::observer {
 public:
  explicit served_on_a_thread(ahoy::server_options how) : server_{"tcp://127.0.0.1:0", echo_or_abort, how} {
    server_.set_observer(*this);
    thread_ = std::thread{[this] { server_.run(); }};
    where_ = found_.get_future().get();
  }
  ~served_on_a_thread() override { end(); }
  void end() {
    server_.stop();
    if (thread_.joinable()) thread_.join();
  }
  void listening(ahoy::scheme, const ahoy::address& on) override { found_.set_value(on); }
  void left(const connection&, std::string_view why) override {
    const std::scoped_lock alone{mutex_};
    why_left_.emplace_back(why);
    changed_.notify_all();
  }
  std::string why_the_first_left() {
    std::unique_lock lock{mutex_};
    const bool any = changed_.wait_for(lock, 20s, [this] { return !why_left_.empty(); });
    return any ? why_left_.front() : "";
  }
  [[nodiscard]] ahoy::socket call() const {
    ahoy::socket caller{ahoy::family::inet};
    caller.settimeout(20s);
    caller.connect(where_);
    return caller;
  }

 private:
  ahoy::server server_;
  std::promise<ahoy::address> found_;
  ahoy::address where_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> why_left_;
  std::thread thread_;
};

ahoy::server_options options_for(ahoy::model which, std::size_t workers) {
  ahoy::server_options options;
  options.model = which;
  options.workers = workers;
  return options;
}

void expect_echo(ahoy::socket& caller) {
  caller.sendall("hello");
  EXPECT_EQ(caller.recv(100), "hello");
}

class process_model : public testing::TestWithParam<std::size_t> {};

TEST_P(process_model, a_handler_that_dies_takes_its_own_caller_alone_and_the_signal_is_told) {
  served_on_a_thread serving{options_for(ahoy::model::process, GetParam())};
  ahoy::socket other = serving.call();
  expect_echo(other);
  ahoy::socket victim = serving.call();
  victim.sendall("abort");
  EXPECT_THROW((void)victim.recv(100), std::system_error) << "a reset";
  EXPECT_EQ(serving.why_the_first_left(), "its process was ended by SIGABRT (aborted)");
  expect_echo(other);
  ahoy::socket next = serving.call();
  expect_echo(next);
}

INSTANTIATE_TEST_SUITE_P(each, process_model, testing::Values(0, 2));

/// Calls and talks until nobody listens any more; whatever befalls a connection is the end of that alone.
void call_over_and_over(const served_on_a_thread& whom, std::atomic<bool>& over, std::atomic<int>& answered) {
  while (!over) {
    try {
      ahoy::socket caller = whom.call();
      for (int i = 0; i < 20 && !over; ++i) {
        caller.sendall("hello");
        if (caller.recv(100).empty()) break;
        ++answered;
      }
    } catch (const std::system_error&) {
      // Refused, or cut: the server ends.
    }
  }
}

class stop_under_load : public testing::TestWithParam<std::tuple<ahoy::model, std::size_t>> {};

TEST_P(stop_under_load, ends_the_server_and_its_accepting_twenty_times) {
  for (int round = 0; round < 20; ++round) {
    served_on_a_thread serving{std::apply(options_for, GetParam())};
    std::atomic<bool> over = false;
    std::atomic<int> answered = 0;
    std::vector<std::thread> load;
    for (int i = 0; i < 3; ++i)
      load.emplace_back(call_over_and_over, std::cref(serving), std::ref(over), std::ref(answered));
    while (answered < 10) std::this_thread::yield();
    serving.end();
    EXPECT_THROW(static_cast<void>(serving.call()), std::system_error) << "somebody still accepts";
    over = true;
    for (std::thread& each : load) each.join();
  }
}

INSTANTIATE_TEST_SUITE_P(each, stop_under_load,
                         testing::Combine(testing::Values(ahoy::model::iterative, ahoy::model::event,
                                                          ahoy::model::thread, ahoy::model::process),
                                          testing::Values(0, 3)));

}  // namespace
