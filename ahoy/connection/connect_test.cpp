#include <ahoy/connection/connect.hpp>
#include <ahoy/connection/listener.hpp>
#include <ahoy/engine/select.hpp>
#include <ahoy/error/error.hpp>
#include <ahoy/socket/socket.hpp>
#include <ahoy/task/scope.hpp>

#include <gtest/gtest.h>
#include <tests/forwarding_engine.hpp>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <memory>
#include <string>

namespace {

using namespace std::chrono_literals;
using ahoy::address;
using ahoy::connect_options;
using ahoy::connection;
using ahoy::endpoint;
using ahoy::engine_choice;
using ahoy::listener;
using ahoy::task;

/// An engine for which every name has the addresses that the test says.
class directory final : public ahoy_test::forwarding_engine {
 public:
  explicit directory(engine_choice which) : forwarding_engine{ahoy::make_engine(which)} {}
  task<std::vector<address>> resolve(ahoy::host, ahoy::port, ahoy::family wanted, ahoy::socket_type,
                                     ahoy::lookup_use) override {
    asked_for = wanted;
    co_return addresses;
  }

  std::vector<address> addresses;
  ahoy::family asked_for = ahoy::family::unspecified;
};

address loopback(std::uint32_t last, std::uint16_t port) {
  return address::inet(INADDR_LOOPBACK - 1 + last, port);
}

task<> connect_to(ahoy::engine& by, endpoint to, connect_options options, std::unique_ptr<connection>& made) {
  made = co_await ahoy::connect(by, to, options);
}

/// A listener whose queue is full: Linux answers no further call.
struct full_listener {
  full_listener(ahoy::engine& by, const address& on) : listening{by, on, 0} {
    for (ahoy::fd& each : waiting) {
      each = ahoy::fd{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
      ::connect(each.get(), listening.local().data(), listening.local().size());
    }
  }
  listener listening;
  std::array<ahoy::fd, 4> waiting;
};

class connecting : public testing::TestWithParam<engine_choice> {
 protected:
  std::unique_ptr<connection> connect(const endpoint& to, const connect_options& options = {}) {
    std::unique_ptr<connection> made;
    engine_.run(connect_to(engine_, to, options, made));
    return made;
  }
  /// A port of 127.0.0.1 that is free.
  std::uint16_t closed_port() { return listener{engine_, loopback(1, 0), 5}.local().port(); }

  directory engine_{GetParam()};
  endpoint named_ = endpoint::parse("tcp://several.example:23456");
};

TEST_P(connecting, reaches_a_listener) {
  const listener listening{engine_, loopback(1, 0), 5};
  engine_.addresses = {listening.local()};
  const std::unique_ptr<connection> made = connect(named_);
  EXPECT_EQ(made->remote(), listening.local());
  EXPECT_EQ(made->transport(), "tcp");
}

TEST_P(connecting, says_who_refused_and_under_which_name) {
  engine_.addresses = {loopback(1, closed_port())};
  try {
    connect(named_);
    ADD_FAILURE() << "nothing was thrown";
  } catch (const ahoy::error& failure) {
    EXPECT_EQ(failure.code(), std::errc::connection_refused);
    EXPECT_EQ(std::string{failure.what()}, "connect to " + engine_.addresses.front().to_string() +
                                               " (several.example): connection refused");
  }
}

TEST_P(connecting, tries_the_next_address_as_soon_as_one_refuses) {
  const listener listening{engine_, loopback(4, 0), 5};
  const std::uint16_t port = listening.local().port();
  engine_.addresses = {loopback(1, port), loopback(2, port), loopback(3, port), loopback(4, port)};
  const std::unique_ptr<connection> made = connect(named_);
  EXPECT_EQ(made->remote().host(), "127.0.0.4");
}

TEST_P(connecting, does_not_wait_for_an_address_that_does_not_answer) {
  const full_listener silent{engine_, loopback(1, 0)};
  const listener listening{engine_, loopback(2, 0), 5};
  engine_.addresses = {silent.listening.local(), listening.local()};
  const std::unique_ptr<connection> made = connect(named_);
  EXPECT_EQ(made->remote().host(), "127.0.0.2");
}

TEST_P(connecting, of_addresses_that_all_fail_names_the_first_and_the_others_in_the_hint) {
  const std::uint16_t port = closed_port();
  engine_.addresses = {loopback(1, port), loopback(2, port)};
  try {
    connect(named_);
    ADD_FAILURE() << "nothing was thrown";
  } catch (const ahoy::error& failure) {
    EXPECT_NE(failure.address().find("127.0.0.1"), std::string::npos) << failure.address();
    EXPECT_NE(failure.hint().find("127.0.0.2"), std::string::npos) << failure.hint();
  }
}

TEST_P(connecting, gives_up_when_its_time_is_over) {
  const full_listener silent{engine_, loopback(1, 0)};
  engine_.addresses = {silent.listening.local()};
  connect_options options;
  options.timeout = 20ms;
  try {
    connect(named_, options);
    ADD_FAILURE() << "nothing was thrown";
  } catch (const ahoy::error& failure) {
    EXPECT_EQ(failure.code(), std::errc::timed_out);
    EXPECT_NE(std::string{failure.what()}.find("several.example:23456"), std::string::npos) << failure.what();
  }
}

task<> catch_cause(task<> work, std::error_code& cause) {
  try {
    co_await std::move(work);
  } catch (const std::system_error& caught) {
    cause = caught.code();
  }
}

task<> stop_while_connecting(ahoy::engine& by, endpoint to, std::error_code& cause) {
  ahoy::context& here = co_await ahoy::this_context();
  ahoy::scope children{here};
  std::unique_ptr<connection> made;
  children.start(catch_cause(connect_to(by, to, connect_options{}, made), cause));
  co_await by.sleep(1ms);
  children.stop();
  co_await children.join();
  EXPECT_FALSE(made);
}

TEST_P(connecting, can_be_stopped) {
  const full_listener silent{engine_, loopback(1, 0)};
  const full_listener as_silent{engine_, loopback(2, 0)};
  engine_.addresses = {silent.listening.local(), as_silent.listening.local()};
  std::error_code cause;
  engine_.run(stop_while_connecting(engine_, named_, cause));
  EXPECT_EQ(cause, std::errc::operation_canceled);
}

TEST_P(connecting, comes_from_the_source_that_is_asked_for_and_asks_for_its_family) {
  listener listening{engine_, loopback(1, 0), 5};
  engine_.addresses = {listening.local()};
  connect_options options;
  options.source = loopback(5, 0);
  const std::unique_ptr<connection> made = connect(named_, options);
  EXPECT_EQ(made->local().host(), "127.0.0.5");
  EXPECT_EQ(engine_.asked_for, ahoy::family::inet);
}

TEST_P(connecting, from_an_address_that_is_not_ours_is_an_error_that_names_it) {
  engine_.addresses = {loopback(1, 9)};
  connect_options options;
  options.source = address::inet(0xcb007101, 0);  // 203.0.113.1
  try {
    connect(named_, options);
    ADD_FAILURE() << "nothing was thrown";
  } catch (const ahoy::error& failure) {
    EXPECT_EQ(failure.code(), std::errc::address_not_available);
    EXPECT_NE(failure.address().find("203.0.113.1"), std::string::npos) << failure.address();
  }
}

TEST_P(connecting, passes_on_that_a_name_is_not_known) {
  const std::unique_ptr<ahoy::engine> real = ahoy::make_engine(GetParam());
  std::unique_ptr<connection> made;
  EXPECT_THROW(
      real->run(connect_to(*real, endpoint::parse("tcp://no-such-name.invalid:1"), connect_options{}, made)),
      ahoy::error);
}

TEST_P(connecting, does_not_call_over_tcp_what_was_meant_for_another_transport) {
  for (const char* text : {"udp://127.0.0.1:9", "tls://127.0.0.1:9", "https://127.0.0.1:9"}) {
    try {
      connect(endpoint::parse(text));
      ADD_FAILURE() << "nothing was thrown";
    } catch (const ahoy::error& failure) {
      EXPECT_EQ(failure.code(), std::errc::protocol_not_supported) << failure.what();
      EXPECT_FALSE(failure.hint().empty());
    }
  }
}

// --- Unix sockets ---

class connecting_to_a_file : public connecting {
 protected:
  connecting_to_a_file() { EXPECT_NE(::mkdtemp(folder_.data()), nullptr); }
  ~connecting_to_a_file() override { std::filesystem::remove_all(folder_); }
  [[nodiscard]] std::string path() const { return folder_ + "/socket"; }
  [[nodiscard]] endpoint there() const { return endpoint::parse("unix://" + path()); }
  std::string folder_ = std::filesystem::temp_directory_path() / "connect_testXXXXXX";
};

TEST_P(connecting_to_a_file, reaches_a_listener) {
  const listener listening{engine_, address::local(path()), 5};
  const std::unique_ptr<connection> made = connect(there());
  EXPECT_EQ(made->transport(), "unix");
}

TEST_P(connecting_to_a_file, that_is_not_there_is_an_error_that_names_it) {
  try {
    connect(there());
    ADD_FAILURE() << "nothing was thrown";
  } catch (const ahoy::error& failure) {
    EXPECT_EQ(failure.code(), std::errc::no_such_file_or_directory);
    EXPECT_EQ(failure.address(), "unix://" + path());
  }
}

task<> accept_later(ahoy::engine& by, listener& from) {
  co_await by.sleep(1ms);
  auto next = co_await from.accept();
  EXPECT_EQ(next.error, 0);
}

TEST_P(connecting_to_a_file, waits_while_the_listeners_queue_is_full) {
  listener listening{engine_, address::local(path()), 0};
  ahoy::socket first{ahoy::family::local};
  first.connect(address::local(path()));
  std::unique_ptr<connection> made;
  engine_.run(ahoy::when_all(
      ahoy::tasks(connect_to(engine_, there(), connect_options{}, made), accept_later(engine_, listening))));
  EXPECT_TRUE(made);
}

constexpr engine_choice engines[] = {engine_choice::epoll, engine_choice::uring, engine_choice::blocking};
INSTANTIATE_TEST_SUITE_P(every, connecting, testing::ValuesIn(engines));
INSTANTIATE_TEST_SUITE_P(every, connecting_to_a_file, testing::ValuesIn(engines));

}  // namespace
