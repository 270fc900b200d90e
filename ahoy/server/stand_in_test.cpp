#include <ahoy/connection/pipe.hpp>
#include <ahoy/engine/select.hpp>
#include <ahoy/server/stand_in.hpp>

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <string>

namespace {

using namespace std::chrono_literals;
using ahoy::connection;
using ahoy::fd;
using ahoy::task;

std::pair<fd, fd> open_pair() {
  int ends[2];
  EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
  return {fd{ends[0]}, fd{ends[1]}};
}

struct stood_in_for : testing::Test {
  std::unique_ptr<ahoy::engine> by = ahoy::make_engine();
  std::unique_ptr<connection> caller = ahoy::make_pipe(*by).first;
  std::pair<fd, fd> ends = open_pair();
};

TEST_F(stood_in_for, has_the_callers_names_and_its_timeout) {
  caller->set_label("somebody");
  caller->set_timeout(3s);
  ahoy::stand_in one{*caller, std::move(ends.first)};
  EXPECT_EQ(one.label(), "somebody");
  EXPECT_EQ(one.timeout(), 3s);
  EXPECT_EQ(one.transport(), "pipe");
  EXPECT_EQ(one.remote(), caller->remote());
  EXPECT_EQ(one.local(), caller->local());
}

task<> speak_and_hear(connection& by, int other, std::string& heard, bool& ended) {
  co_await by.send("to the caller");
  by.shutdown_send();
  const ahoy::bytes said = co_await by.receive();
  heard = said.text();
  ::shutdown(other, SHUT_WR);
  const ahoy::bytes end = co_await by.receive();
  ended = end.empty();
}

TEST_F(stood_in_for, speaks_and_hears_through_the_socket_and_counts_there) {
  ahoy::stand_in one{*caller, std::move(ends.first)};
  ASSERT_EQ(::send(ends.second.get(), "from it", 7, MSG_NOSIGNAL), 7);
  std::string heard;
  bool ended = false;
  by->run(speak_and_hear(one, ends.second.get(), heard, ended));
  EXPECT_EQ(heard, "from it");
  EXPECT_TRUE(ended);
  char said[100];
  ASSERT_EQ(::recv(ends.second.get(), said, sizeof said, 0), 13);
  EXPECT_EQ(::recv(ends.second.get(), said, sizeof said, 0), 0) << "the end of its half";
  EXPECT_EQ(one.bytes_sent(), 13U);
  EXPECT_EQ(one.bytes_received(), 7U);
  EXPECT_EQ(caller->bytes_sent(), 0U);
  EXPECT_EQ(one.progress(), 13U);
}

task<> hear_to_the_end(connection& from, std::string& heard) {
  for (;;) {
    const ahoy::bytes said = co_await from.receive();
    if (said.empty()) break;
    heard += said.text();
  }
}

TEST_F(stood_in_for, hears_nobody_after_it_ended_receiving_and_knows_what_it_left) {
  ahoy::stand_in one{*caller, std::move(ends.first)};
  ASSERT_EQ(::send(ends.second.get(), "before", 6, MSG_NOSIGNAL), 6);
  one.shutdown_receive();
  std::string heard;
  by->run(hear_to_the_end(one, heard));
  EXPECT_EQ(heard, "before");
  EXPECT_FALSE(one.left_unheard());
  ASSERT_EQ(::send(ends.second.get(), "after", 5, MSG_NOSIGNAL), 5);
  EXPECT_TRUE(one.left_unheard());
}

}  // namespace
