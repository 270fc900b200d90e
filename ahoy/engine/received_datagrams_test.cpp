#include <ahoy/engine/received_datagrams.hpp>
#include <ahoy/socket/socket.hpp>

#include <gtest/gtest.h>
#include <tests/no_blocks.hpp>

#include <cerrno>
#include <string>
#include <vector>

namespace {

using ahoy::address;
using ahoy::received_datagrams;

ahoy::socket bound_socket() {
  ahoy::socket made{ahoy::family::inet, ahoy::socket_type::datagram};
  made.bind(address::inet(INADDR_LOOPBACK, 0));
  return made;
}

struct batch : testing::Test {
  ahoy::buffer_pool blocks;
  ahoy::socket server = bound_socket(), peer = bound_socket();
  received_datagrams all{blocks};

  int fill() { return all.fill(server.fileno(), MSG_DONTWAIT); }
  std::string take() {
    ahoy::bytes data;
    ahoy::datagram_header header;
    EXPECT_EQ(all.take(data, header), 0);
    EXPECT_FALSE(data.empty());
    EXPECT_EQ(header.peer, peer.getsockname());
    return std::string{data.text()};
  }
};

TEST_F(batch, has_twice_the_room_whenever_it_was_filled) {
  for (int i = 0; i < 200; ++i) peer.sendto(std::to_string(i), server.getsockname());
  std::vector<int> counts;
  for (int i = 0; i < 200;) {
    counts.push_back(fill());
    while (!all.empty()) EXPECT_EQ(take(), std::to_string(i++));
  }
  EXPECT_EQ(counts, (std::vector{1, 2, 4, 8, 16, 32, 64, 64, 9}));
}

#if !AHOY_HAS_FOREIGN_NEW
/// What was held by those who were given some is not there for more.
TEST_F(batch, takes_as_many_as_there_is_memory_for) {
  for (int i = 0; i < 30; ++i) peer.sendto(std::to_string(i), server.getsockname());
  std::vector<ahoy::bytes> kept;
  const auto take_all = [&](int came) {
    for (; !all.empty(); --came) {
      ahoy::datagram_header header;
      EXPECT_EQ(all.take(kept.emplace_back(), header), 0);
      EXPECT_EQ(kept.back().text(), std::to_string(kept.size() - 1));
    }
    EXPECT_EQ(came, 0);
  };
  for (const std::size_t blocks : {1U, 2U, 1U, 3U}) {
    ahoy_test::blocks_left = blocks;
    const int came = fill();
    EXPECT_EQ(came, static_cast<int>(blocks));
    take_all(came);
  }
  EXPECT_EQ(fill(), -1);
  EXPECT_EQ(errno, ENOMEM);
  EXPECT_TRUE(all.empty());
  ahoy_test::blocks_left = ahoy_test::any_number;
  while (kept.size() < 30) take_all(fill());
}
#endif

TEST_F(batch, waits_for_none_but_the_first) {
  EXPECT_EQ(fill(), -1);
  EXPECT_EQ(errno, EAGAIN);
  EXPECT_TRUE(all.empty());
  peer.sendto("one", server.getsockname());
  EXPECT_EQ(all.fill(server.fileno(), 0), 1);
  EXPECT_EQ(take(), "one");
  peer.sendto("two", server.getsockname());
  EXPECT_EQ(all.fill(server.fileno(), 0), 1) << "of two that it has room for";
  EXPECT_EQ(take(), "two");
}

TEST_F(batch, of_no_bytes_is_a_datagram_too) {
  peer.sendto("", server.getsockname());
  EXPECT_EQ(fill(), 1);
  EXPECT_EQ(take(), "");
}

TEST_F(batch, tells_of_each_which_address_was_asked_and_its_mark) {
  ahoy::socket everywhere{ahoy::family::inet, ahoy::socket_type::datagram};
  everywhere.bind(address::inet(INADDR_ANY, 0));
  everywhere.setsockopt(IPPROTO_IP, IP_PKTINFO, 1);
  everywhere.setsockopt(IPPROTO_IP, IP_RECVTOS, 1);
  for (std::uint32_t i = 0; i < 3; ++i) {
    peer.setsockopt(IPPROTO_IP, IP_TOS, static_cast<int>(i << 2));
    peer.sendto("x", address::inet(INADDR_LOOPBACK + i, everywhere.getsockname().port()));
  }
  for (std::uint32_t i = 0; i < 3; ++i) {
    const int come = all.empty() ? all.fill(everywhere.fileno(), MSG_DONTWAIT) : 1;
    ASSERT_GT(come, 0);
    ahoy::bytes data;
    ahoy::datagram_header header;
    EXPECT_EQ(all.take(data, header), 0);
    EXPECT_EQ(header.local, address::inet(INADDR_LOOPBACK + i, 0));
    EXPECT_EQ(header.mark, i);
  }
}

TEST_F(batch, loses_one_that_is_larger_than_a_block_and_no_other) {
  int ends[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, ends), 0);
  const ahoy::fd near{ends[0]}, far{ends[1]};
  const std::string larger(ahoy::buffer_pool::block_size + 1, 'x');
  ASSERT_EQ(::send(far.get(), larger.data(), larger.size(), 0), static_cast<ssize_t>(larger.size()));
  ASSERT_EQ(::send(far.get(), "next", 4, 0), 4);
  ahoy::bytes data;
  ahoy::datagram_header header;
  ASSERT_EQ(all.fill(near.get(), MSG_DONTWAIT), 1);
  EXPECT_EQ(all.take(data, header), EMSGSIZE);
  ASSERT_EQ(all.fill(near.get(), MSG_DONTWAIT), 1);
  EXPECT_EQ(all.take(data, header), 0);
  EXPECT_EQ(data.text(), "next");
  EXPECT_EQ(header.peer.size(), 0U) << "it has no name";
}

TEST_F(batch, gives_its_blocks_back) {
  for (int i = 0; i < 3; ++i) peer.sendto("x", server.getsockname());
  std::vector<std::string> heard;
  while (heard.size() < 3) {
    const int come = all.empty() ? fill() : 1;
    ASSERT_GT(come, 0);
    heard.push_back(take());
  }
  EXPECT_EQ(blocks.lent(), 0U);
}

}  // namespace
