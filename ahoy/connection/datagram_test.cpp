#include <ahoy/connection/datagram.hpp>
#include <ahoy/engine/select.hpp>
#include <ahoy/error/error.hpp>
#include <ahoy/task/scope.hpp>

#include <gtest/gtest.h>
#include <netinet/in.h>

#include <memory>
#include <string>

namespace {

using namespace std::chrono_literals;
using ahoy::address;
using ahoy::datagram;
using ahoy::datagram_header;
using ahoy::datagram_socket;
using ahoy::engine_choice;
using ahoy::task;

constexpr std::uint8_t some_mark = 47;

address loopback(std::uint32_t last, std::uint16_t port) {
  return address::inet(INADDR_LOOPBACK - 1 + last, port);
}
address loopback6(std::uint16_t port) { return address::inet6(in6addr_loopback, port); }

class datagrams : public testing::TestWithParam<engine_choice> {
 protected:
  std::unique_ptr<ahoy::engine> engine_ = ahoy::make_engine(GetParam());
};

task<> send_to(datagram_socket& by, std::string text, datagram_header to) { co_await by.send(text, to); }

task<> receive_from(datagram_socket& by, std::string& text, datagram_header& header) {
  datagram received = co_await by.receive();
  EXPECT_FALSE(received.data.empty());
  text = received.data.text();
  header = received.header;
}

datagram_header header_to(const address& peer, std::uint8_t mark = 0) {
  datagram_header header;
  header.peer = peer;
  header.mark = mark;
  return header;
}

/// How a server and its caller find each other.
struct way {
  address server;  // bound there
  address called;  // as the caller calls it, its port still to come
  std::string asked;
};

/// A datagram there with a mark, and one back from the address that was asked, with a mark.
void there_and_back(ahoy::engine& by, const way& on) {
  datagram_socket server = datagram_socket::bound(by, on.server);
  address called = on.called;
  called.set_port(server.local().port());
  datagram_socket caller =
      datagram_socket::bound(by, on.called.family() == ahoy::family::inet ? loopback(1, 0) : loopback6(0));
  std::string text;
  datagram_header header;
  by.run(ahoy::when_all(ahoy::tasks(receive_from(server, text, header),
                                    send_to(caller, "hello", header_to(called, some_mark)))));
  EXPECT_EQ(text, "hello");
  EXPECT_EQ(header.peer.unmapped(), caller.local());
  const bool has_several = on.server.is_any();
  EXPECT_EQ(header.local.unmapped().host(), has_several ? on.asked : "");
  EXPECT_EQ(header.mark, some_mark);

  header.mark = 3;
  datagram_header back;
  by.run(ahoy::when_all(ahoy::tasks(receive_from(caller, text, back), send_to(server, "answer", header))));
  EXPECT_EQ(text, "answer");
  EXPECT_EQ(back.peer, called) << "from the address that was asked";
  EXPECT_EQ(back.mark, 3);
}

TEST_P(datagrams, are_answered_from_the_address_that_was_asked) {
  there_and_back(*engine_, {loopback(1, 0), loopback(1, 0), "127.0.0.1"});
  there_and_back(*engine_, {address::inet(INADDR_ANY, 0), loopback(2, 0), "127.0.0.2"});
}

TEST_P(datagrams, are_answered_over_ipv6) {
  there_and_back(*engine_, {address::inet6(in6addr_any, 0), loopback6(0), "::1"});
}

TEST_P(datagrams, of_both_families_reach_an_ipv6_wildcard) {
  there_and_back(*engine_, {address::inet6(in6addr_any, 0), loopback(3, 0), "127.0.0.3"});
}

TEST_P(datagrams, to_a_broadcast_address_are_answered_from_an_address_of_ours) {
  datagram_socket server = datagram_socket::bound(*engine_, address::inet(INADDR_ANY, 0));
  datagram_socket caller = datagram_socket::bound(*engine_, loopback(1, 0));
  const address everybody = address::inet(0x7fffffff, server.local().port());
  std::string text;
  datagram_header header;
  engine_->run(ahoy::when_all(
      ahoy::tasks(receive_from(server, text, header), send_to(caller, "anybody?", header_to(everybody)))));
  EXPECT_EQ(header.local.host(), "127.0.0.1");
  datagram_header back;
  engine_->run(
      ahoy::when_all(ahoy::tasks(receive_from(caller, text, back), send_to(server, "here", header))));
  EXPECT_EQ(text, "here");
}

TEST_P(datagrams, of_no_bytes_are_messages_too) {
  datagram_socket server = datagram_socket::bound(*engine_, loopback(1, 0));
  datagram_socket caller = datagram_socket::to(*engine_, server.local());
  EXPECT_TRUE(caller.connected());
  std::string text = "something";
  datagram_header header;
  engine_->run(
      ahoy::when_all(ahoy::tasks(receive_from(server, text, header), send_to(caller, "", caller.peer()))));
  EXPECT_EQ(text, "");
}

TEST_P(datagrams, arrive_whole_up_to_the_largest) {
  datagram_socket server = datagram_socket::bound(*engine_, loopback(1, 0));
  datagram_socket caller = datagram_socket::to(*engine_, server.local());
  const std::string largest(65507, 'x');
  std::string text;
  datagram_header header;
  engine_->run(ahoy::when_all(
      ahoy::tasks(receive_from(server, text, header), send_to(caller, largest, caller.peer()))));
  EXPECT_EQ(text, largest);
  EXPECT_THROW(engine_->run(send_to(caller, std::string(65508, 'x'), caller.peer())), ahoy::error);
}

task<> send_many(datagram_socket& by, int count, datagram_header to) {
  for (int i = 0; i < count; ++i) co_await by.send(std::to_string(i), to);
}

task<> receive_many(datagram_socket& by, int count, std::string& text) {
  datagram_header unused;
  for (int i = 0; i < count; ++i) co_await receive_from(by, text, unused);
}

/// Of a socket that many came through at once an engine may let go until somebody waits for it again.
TEST_P(datagrams, one_that_is_waited_for_is_heard_after_many_that_came_at_once) {
  datagram_socket server = datagram_socket::bound(*engine_, loopback(1, 0));
  datagram_socket caller = datagram_socket::to(*engine_, server.local());
  std::string text;
  for (int round = 0; round < 3; ++round) {
    engine_->run(send_many(caller, 32, caller.peer()));
    engine_->run(receive_many(server, 32, text));
    EXPECT_EQ(text, "31");
    engine_->run(
        ahoy::when_all(ahoy::tasks(receive_many(server, 1, text), send_many(caller, 1, caller.peer()))));
    EXPECT_EQ(text, "0");
  }
}

TEST_P(datagrams, larger_than_a_block_are_an_error_and_not_cut) {
  int ends[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, ends), 0);
  const ahoy::fd far{ends[1]};
  ahoy::descriptor near{*engine_, ahoy::fd{ends[0]}};
  const std::string larger(ahoy::buffer_pool::block_size + 1, 'x');
  ASSERT_EQ(::send(far.get(), larger.data(), larger.size(), 0), static_cast<ssize_t>(larger.size()));
  struct receiving final : ahoy::receive_from_operation {
    using ahoy::receive_from_operation::receive_from_operation;
    int await_resume() const noexcept { return error; }
    static task<> one(ahoy::descriptor& on, int& result) {
      ahoy::received_datagrams into{on.engine().buffers()};
      receiving it{&on, into};
      result = co_await it;
      ahoy::bytes nothing;
      datagram_header unknown;
      if (result == 0) result = into.take(nothing, unknown);
    }
  };
  int error = 0;
  engine_->run(receiving::one(near, error));
  EXPECT_EQ(error, EMSGSIZE);
}

TEST_P(datagrams, a_connected_socket_hears_that_nobody_is_there) {
  address nobody;
  {
    nobody = datagram_socket::bound(*engine_, loopback(1, 0)).local();
  }
  datagram_socket caller = datagram_socket::to(*engine_, nobody);
  engine_->run(send_to(caller, "hello?", caller.peer()));
  std::string text;
  datagram_header header;
  try {
    engine_->run(receive_from(caller, text, header));
    ADD_FAILURE() << "nothing was thrown";
  } catch (const ahoy::error& caught) {
    EXPECT_EQ(caught.code(), std::errc::connection_refused);
  }
}

TEST_P(datagrams, a_socket_for_many_is_not_troubled_by_one_that_is_gone) {
  address gone;
  {
    gone = datagram_socket::bound(*engine_, loopback(1, 0)).local();
  }
  datagram_socket server = datagram_socket::bound(*engine_, address::inet6(in6addr_any, 0));
  datagram_socket caller = datagram_socket::to(*engine_, loopback(1, server.local().port()));
  sockaddr_in6 mapped{};
  mapped.sin6_family = AF_INET6;
  mapped.sin6_port = htons(gone.port());
  mapped.sin6_addr.s6_addr[10] = mapped.sin6_addr.s6_addr[11] = 0xff;
  mapped.sin6_addr.s6_addr[12] = 127;
  mapped.sin6_addr.s6_addr[15] = 1;
  const address gone_as_mapped{reinterpret_cast<const sockaddr*>(&mapped), sizeof mapped};
  for (int i = 0; i < 3; ++i) engine_->run(send_to(server, "lost", header_to(gone_as_mapped)));
  std::string text;
  datagram_header header;
  engine_->run(ahoy::when_all(
      ahoy::tasks(receive_from(server, text, header), send_to(caller, "hello", caller.peer()))));
  EXPECT_EQ(text, "hello");
}

TEST_P(datagrams, a_group_is_joined_and_called) {
  const address group = address::inet(0xefff2a01, 0);  // 239.255.42.1
  datagram_socket server = datagram_socket::bound(*engine_, group, loopback(1, 0));
  datagram_socket caller = datagram_socket::to(*engine_, server.local(), loopback(1, 0));
  EXPECT_FALSE(caller.connected()) << "a group answers from addresses of its members";
  std::string text;
  datagram_header header;
  engine_->run(
      ahoy::when_all(ahoy::tasks(receive_from(server, text, header), send_to(caller, "all", caller.peer()))));
  EXPECT_EQ(text, "all");
  datagram_header back;
  engine_->run(ahoy::when_all(ahoy::tasks(receive_from(caller, text, back), send_to(server, "one", header))));
  EXPECT_EQ(text, "one");
  EXPECT_FALSE(back.peer.is_multicast());
}

TEST_P(datagrams, an_address_that_no_interface_has_is_an_error) {
  EXPECT_THROW(datagram_socket::bound(*engine_, address::inet(0xcb007101, 0)), ahoy::error);  // 203.0.113.1
  EXPECT_THROW(datagram_socket::bound(*engine_, address::inet(0xefff2a01, 0), address::inet(0xcb007101, 0)),
               ahoy::error);
}

INSTANTIATE_TEST_SUITE_P(every, datagrams,
                         testing::Values(engine_choice::epoll, engine_choice::uring,
                                         engine_choice::blocking));

}  // namespace
