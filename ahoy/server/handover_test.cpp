#include <ahoy/engine/select.hpp>
#include <ahoy/server/server.hpp>
#include <ahoy/socket/socket.hpp>

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace {

using namespace std::chrono_literals;

struct echo {
  ahoy::task<> serve(ahoy::connection& peer) {
    for (;;) {
      ahoy::bytes received = co_await peer.receive();
      if (received.empty()) break;
      co_await peer.send(received);
    }
  }
};

/// A server on a thread of its own.
class running : public ahoy::observer {
 public:
  running(std::string_view on, ahoy::server_options options,
          std::vector<ahoy::inherited_socket> inherited = {})
      : server_{on, echo{}, std::move(options)} {
    for (ahoy::inherited_socket& each : inherited) server_.inherit(std::move(each));
    server_.set_observer(*this);
    thread_ = std::thread{[this] { server_.run(); }};
    sockets_ = ready_.get_future().get();
  }
  ~running() override {
    server_.stop();
    join();
  }
  void ready() override {
    std::vector<ahoy::inherited_socket> copies;
    for (const ahoy::listening_socket& each : server_.listening())
      copies.emplace_back(each.endpoint, ahoy::fd::duplicate(each.number), each.file);
    where_ = server_.listening().front().on;
    ready_.set_value(std::move(copies));
  }
  void join() {
    if (thread_.joinable()) thread_.join();
  }
  [[nodiscard]] ahoy::socket call() const {
    ahoy::socket caller{where_.family(), ahoy::socket_type::stream};
    caller.settimeout(20s);
    caller.connect(where_);
    return caller;
  }
  ahoy::server& server() { return server_; }
  std::vector<ahoy::inherited_socket> take_sockets() { return std::move(sockets_); }

 private:
  ahoy::server server_;
  std::promise<std::vector<ahoy::inherited_socket>> ready_;
  std::vector<ahoy::inherited_socket> sockets_;
  ahoy::address where_;
  std::thread thread_;
};

std::string said_by(ahoy::socket& caller, std::string_view text) {
  caller.sendall(text);
  std::string heard;
  while (heard.size() < text.size()) {
    const std::string piece = caller.recv(100);
    if (piece.empty()) break;
    heard += piece;
  }
  return heard;
}

struct way {
  const char* name;
  ahoy::model model;
  std::size_t workers;
  ahoy::engine_choice engine;
};
class every_way : public testing::TestWithParam<way> {
 protected:
  static ahoy::server_options options() {
    ahoy::server_options made;
    made.model = GetParam().model;
    made.workers = GetParam().workers;
    made.engine = GetParam().engine;
    made.drain = 20s;
    return made;
  }
};
constexpr std::array ways = {
    way{"epoll", ahoy::model::event, 0, ahoy::engine_choice::epoll},
    way{"uring", ahoy::model::event, 0, ahoy::engine_choice::uring},
    way{"loops", ahoy::model::event, 2, ahoy::engine_choice::uring},
    way{"iterative", ahoy::model::iterative, 0, ahoy::engine_choice::automatic},
    way{"thread", ahoy::model::thread, 0, ahoy::engine_choice::automatic},
    way{"threads", ahoy::model::thread, 2, ahoy::engine_choice::automatic},
};
INSTANTIATE_TEST_SUITE_P(each, every_way, testing::ValuesIn(ways),
                         [](const auto& which) { return std::string{which.param.name}; });

TEST_P(every_way, the_next_one_serves_and_who_is_here_finishes) {
  running first{"tcp://127.0.0.1:0", options()};
  ahoy::socket here = first.call();
  EXPECT_EQ(said_by(here, "before"), "before");
  running second{"tcp://127.0.0.1:0", options(), first.take_sockets()};
  first.server().retire();
  for (int i = 0; i < 50; ++i) {
    ahoy::socket caller = first.call();                        // the same address
    if (GetParam().model == ahoy::model::iterative) continue;  // the one who is here has its turn
    EXPECT_EQ(said_by(caller, "hello"), "hello");
  }
  EXPECT_EQ(said_by(here, "after"), "after");
  here.close();
  first.join();
}

TEST_P(every_way, whoever_was_accepted_is_served) {
  for (int round = 0; round < 20; ++round) {
    running first{"tcp://127.0.0.1:0", options()};
    std::vector<ahoy::socket> callers;
    for (int i = 0; i < 12; ++i) callers.push_back(first.call());
    running second{"tcp://127.0.0.1:0", options(), first.take_sockets()};
    first.server().retire();
    for (ahoy::socket& each : callers) {
      EXPECT_EQ(said_by(each, "hello"), "hello");
      each.close();
    }
    first.join();
  }
}

TEST_P(every_way, new_rules_are_for_new_callers) {
  running one{"tcp://127.0.0.1:0", options()};
  ahoy::socket here = one.call();
  EXPECT_EQ(said_by(here, "before"), "before");
  ahoy::server_rules rules;
  rules.deny = {ahoy::network::parse("127.0.0.0/8")};
  one.server().reload(rules);
  EXPECT_EQ(one.call().recv(1), "");
  EXPECT_EQ(said_by(here, "after"), "after");
  here.close();
  one.server().reload({});
  ahoy::socket again = one.call();
  EXPECT_EQ(said_by(again, "hello"), "hello");
}

TEST(handover, a_socket_file_stays_and_goes_with_the_last) {
  const std::string path =
      std::filesystem::temp_directory_path() / ("ahoy-handover-" + std::to_string(::getpid()));
  {
    auto first = std::make_unique<running>("unix://" + path, ahoy::server_options{});
    running second{"unix://" + path, ahoy::server_options{}, first->take_sockets()};
    first->server().retire();
    first.reset();
    EXPECT_TRUE(std::filesystem::exists(path));
    ahoy::socket caller = second.call();
    EXPECT_EQ(said_by(caller, "hello"), "hello");
  }
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST(handover, a_file_of_somebody_elses_stays) {
  const std::string path =
      std::filesystem::temp_directory_path() / ("ahoy-theirs-" + std::to_string(::getpid()));
  ahoy::socket opened{ahoy::family::local, ahoy::socket_type::stream};
  opened.bind(ahoy::address::local(path));
  opened.listen(5);
  {
    std::vector<ahoy::inherited_socket> given;
    given.emplace_back(0, ahoy::fd::duplicate(opened.fileno()), ahoy::file_is::theirs);
    running one{"unix://" + path, {}, std::move(given)};
    ahoy::socket caller = one.call();
    EXPECT_EQ(said_by(caller, "hello"), "hello");
  }
  EXPECT_TRUE(std::filesystem::remove(path));
}

TEST(handover, those_who_stay_longer_than_drain_are_told_to_end) {
  ahoy::server_options options;
  options.drain = 50ms;
  running first{"tcp://127.0.0.1:0", options};
  ahoy::socket here = first.call();
  EXPECT_EQ(said_by(here, "before"), "before");
  first.server().retire();
  EXPECT_EQ(here.recv(1), "");
  first.join();
}

}  // namespace
