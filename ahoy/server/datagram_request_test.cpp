#include <ahoy/engine/select.hpp>
#include <ahoy/error/error.hpp>
#include <ahoy/server/datagram_request.hpp>
#include <ahoy/socket/socket.hpp>

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <string>
#include <vector>

namespace {

using ahoy::address;
using ahoy::fd;
using ahoy::task;

struct bound {
  bound() : socket{::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)} {
    address any = address::inet(INADDR_LOOPBACK, 0);
    EXPECT_EQ(::bind(socket.get(), any.data(), any.size()), 0);
    socklen_t size = address::capacity();
    EXPECT_EQ(::getsockname(socket.get(), name.data(), &size), 0);
    name.set_size(size);
  }
  fd socket;
  address name;
};

struct request : testing::Test {
  std::unique_ptr<ahoy::engine> by = ahoy::make_engine();
  bound server, peer;

  ahoy::datagram_request of(std::string data) {
    return {*by, fd::duplicate(server.socket.get()), {peer.name, server.name, 0}, std::move(data)};
  }
};

task<> receive_twice(ahoy::connection& from, std::vector<std::string>& heard, int& ends) {
  for (int i = 0; i < 3; ++i) {
    const ahoy::bytes said = co_await from.receive();
    if (said.empty())
      ++ends;
    else
      heard.emplace_back(said.text());
  }
}

TEST_F(request, is_received_once_then_it_has_ended) {
  auto asked = of("question");
  std::vector<std::string> heard;
  int ends = 0;
  by->run(receive_twice(asked, heard, ends));
  EXPECT_EQ(heard, std::vector<std::string>{"question"});
  EXPECT_EQ(ends, 2);
  EXPECT_TRUE(asked.keeps_boundaries());
  EXPECT_EQ(asked.bytes_received(), 8U);
  EXPECT_EQ(asked.label(), peer.name.to_string());
}

TEST_F(request, of_no_bytes_is_one) {
  auto asked = of("");
  std::vector<std::string> heard;
  int ends = 0;
  by->run(receive_twice(asked, heard, ends));
  EXPECT_EQ(heard, std::vector<std::string>{""});
}

task<> answer(ahoy::connection& to) {
  co_await to.send("one");
  co_await to.send("another");
}

TEST_F(request, is_answered_to_whoever_asked_a_datagram_each) {
  auto asked = of("question");
  by->run(answer(asked));
  char got[100];
  address from;
  socklen_t size = address::capacity();
  EXPECT_EQ(::recvfrom(peer.socket.get(), got, sizeof got, 0, from.data(), &size), 3);
  from.set_size(size);
  EXPECT_EQ(from, server.name);
  EXPECT_EQ(::recv(peer.socket.get(), got, sizeof got, 0), 7);
  EXPECT_EQ(asked.bytes_sent(), 10U);
}

TEST_F(request, is_not_harmed_by_news_of_a_closed_port) {
  auto asked = of("question");
  peer.socket.reset();
  by->run(answer(asked));
  by->run(answer(asked));
}

task<> answer_too_much(ahoy::connection& to, std::error_code& why) {
  const std::string more(70'000, 'x');
  try {
    co_await to.send(more);
  } catch (const ahoy::error& failure) {
    why = failure.code();
  }
}

TEST_F(request, has_no_answer_that_no_datagram_holds) {
  auto asked = of("question");
  std::error_code why;
  by->run(answer_too_much(asked, why));
  EXPECT_EQ(why, std::errc::message_size);
}

TEST_F(request, releases_what_it_is_charged_to) {
  const auto memory = std::make_shared<int>();
  {
    auto asked = std::make_unique<ahoy::datagram_request>(
        *by, fd::duplicate(server.socket.get()), ahoy::datagram_header{peer.name, server.name, 0}, "x");
    asked->charge(memory);
    EXPECT_EQ(memory.use_count(), 2);
  }
  EXPECT_EQ(memory.use_count(), 1);
}

}  // namespace
