#include <ahoy/engine/gathered_datagrams.hpp>
#include <ahoy/engine/received_datagrams.hpp>
#include <ahoy/engine/select.hpp>
#include <ahoy/error/log.hpp>
#include <ahoy/socket/socket.hpp>

#include <gtest/gtest.h>

#include <cerrno>
#include <memory>
#include <string>
#include <vector>

namespace {

using ahoy::address;
using ahoy::datagram_header;
using ahoy::descriptor;
using ahoy::fd;
using ahoy::gathered_datagrams;

ahoy::socket bound_socket(const address& local = address::inet(INADDR_LOOPBACK, 0)) {
  ahoy::socket made{ahoy::family::inet, ahoy::socket_type::datagram};
  made.bind(local);
  return made;
}

struct speaker final : gathered_datagrams::sender {
  void refused(int why) override { failures.push_back(why); }
  std::vector<int> failures;
};

datagram_header to(const address& peer) {
  datagram_header header;
  header.peer = peer;
  return header;
}

struct gathering : testing::Test {
  std::unique_ptr<ahoy::engine> by = ahoy::make_engine();
  descriptor through{*by, bound_socket(address::inet(INADDR_ANY, 0)).detach()};
  ahoy::socket one = bound_socket(), other = bound_socket();
  /// The kernel refuses it to a socket that may not broadcast.
  const datagram_header everybody = to(address::inet(INADDR_BROADCAST, 9));
  std::unique_ptr<gathered_datagrams> all = std::make_unique<gathered_datagrams>();
  speaker first, second;
};

TEST_F(gathering, sends_all_in_order_each_to_its_peer) {
  const datagram_header to_one = to(one.getsockname()), to_other = to(other.getsockname());
  for (const std::string text : {"1", "", "3"}) {
    EXPECT_TRUE(all->add(text, to_one, first));
    EXPECT_TRUE(all->add(text + "!", to_other, second));
  }
  EXPECT_EQ(all->added(), 6U);
  EXPECT_EQ(all->done(), 0U);
  EXPECT_TRUE(all->send(through));
  EXPECT_TRUE(all->empty());
  EXPECT_EQ(all->done(), 6U);
  EXPECT_EQ(through.sent, 7U);
  for (const std::string text : {"1", "", "3"}) {
    EXPECT_EQ(one.recv(10), text);
    EXPECT_EQ(other.recv(10), text + "!");
  }
}

TEST_F(gathering, answers_from_the_address_that_was_asked_and_with_the_mark) {
  datagram_header back = to(one.getsockname());
  back.local = address::inet(INADDR_LOOPBACK + 1, 0);
  back.mark = 47;
  ASSERT_TRUE(all->add("x", back, first));
  back = {};
  one.setsockopt(IPPROTO_IP, IP_RECVTOS, 1);
  ASSERT_TRUE(all->send(through));
  ahoy::received_datagrams heard{by->buffers()};
  ASSERT_EQ(heard.fill(one.fileno(), 0), 1);
  ahoy::bytes data;
  EXPECT_EQ(heard.take(data, back), 0);
  EXPECT_EQ(back.peer.host(), "127.0.0.2");
  EXPECT_EQ(back.mark, 47);
}

TEST_F(gathering, tells_of_a_refusal_whose_it_is_and_sends_the_others) {
  const datagram_header to_one = to(one.getsockname());
  ASSERT_TRUE(all->add("1", to_one, first));
  ASSERT_TRUE(all->add("2", everybody, second));
  ASSERT_TRUE(all->add("3", everybody, second));
  ASSERT_TRUE(all->add("4", to_one, first));
  EXPECT_TRUE(all->send(through));
  EXPECT_EQ(second.failures, (std::vector{EACCES, EACCES}));
  EXPECT_TRUE(first.failures.empty());
  EXPECT_EQ(all->done(), 4U);
  EXPECT_EQ(one.recv(10), "1");
  EXPECT_EQ(one.recv(10), "4");
}

TEST_F(gathering, sends_what_one_said_who_is_gone_and_logs_its_failures) {
  std::vector<std::string> lines;
  ahoy::set_log([&](ahoy::log_level, std::string_view line) { lines.emplace_back(line); });
  {
    speaker gone;
    ASSERT_TRUE(all->add("last words", to(one.getsockname()), gone));
    ASSERT_TRUE(all->add("to nobody", everybody, gone));
    all->forget(gone);
  }
  EXPECT_TRUE(all->send(through));
  ahoy::set_log({});
  EXPECT_EQ(one.recv(20), "last words");
  EXPECT_EQ(lines, std::vector<std::string>{"255.255.255.255:9: a datagram was not sent, permission denied"});
}

TEST_F(gathering, keeps_what_the_kernel_has_no_room_for) {
  int ends[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, ends), 0);
  const fd far{ends[1]};
  descriptor near{*by, fd{ends[0]}};
  const datagram_header connected;
  int filled = 0;
  while (::send(near.number(), "x", 1, MSG_DONTWAIT) == 1) ++filled;
  ASSERT_EQ(errno, EAGAIN);
  ASSERT_TRUE(all->add("1", connected, first));
  ASSERT_TRUE(all->add("2", connected, first));
  EXPECT_FALSE(all->send(near));
  char got;
  for (; filled > 0; --filled) ASSERT_EQ(::recv(far.get(), &got, 1, MSG_DONTWAIT), 1);
  ASSERT_TRUE(all->add("3", connected, first)) << "behind the others";
  EXPECT_TRUE(all->send(near));
  for (const char expected : {'1', '2', '3'}) {
    ASSERT_EQ(::recv(far.get(), &got, 1, MSG_DONTWAIT), 1);
    EXPECT_EQ(got, expected);
  }
  EXPECT_TRUE(first.failures.empty());
}

TEST_F(gathering, is_bounded) {
  const datagram_header to_one = to(one.getsockname());
  EXPECT_FALSE(all->add(std::string(gathered_datagrams::longest + 1, 'x'), to_one, first));
  for (std::size_t i = 0; i < gathered_datagrams::most; ++i) EXPECT_TRUE(all->add("x", to_one, first));
  EXPECT_FALSE(all->add("", to_one, first));
  EXPECT_TRUE(all->send(through));
  std::size_t added = 0;
  const std::string longest(gathered_datagrams::longest, 'x');
  while (all->add(longest, to_one, first)) ++added;
  EXPECT_GT(added, 10U);
  EXPECT_LT(added, gathered_datagrams::most);
  EXPECT_TRUE(all->send(through));
  EXPECT_TRUE(all->add(longest, to_one, first));
}

}  // namespace
