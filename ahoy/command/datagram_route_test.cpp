#include <ahoy/command/datagram_route.hpp>
#include <ahoy/engine/select.hpp>
#include <ahoy/error/error.hpp>
#include <ahoy/socket/socket.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <vector>

namespace {

using ahoy::address;
using ahoy::datagram_route;

ahoy::socket receiver() {
  ahoy::socket made{ahoy::family::inet, ahoy::socket_type::datagram};
  made.bind("127.0.0.1", 0);
  made.settimeout(std::chrono::seconds{20});
  return made;
}

struct DatagramRoute : testing::Test {
  std::unique_ptr<ahoy::engine> engine = ahoy::make_engine();
  ahoy::socket there = receiver();
  const address open = there.getsockname();
  const address nowhere = ahoy::lookup("127.0.0.2", open.port()).front();
};

TEST_F(DatagramRoute, GoesThroughTheAddressesInTurn) {
  datagram_route route{*engine, {nowhere, open}, {}};
  const ahoy::datagram_socket* first = &route.socket();
  EXPECT_EQ(route.in_words(), "tried " + nowhere.to_string() + "; the name has " + open.to_string() +
                                  " too: call that address, or choose a family with -4 or -6");
  EXPECT_TRUE(route.move_on("hello"));
  EXPECT_NE(&route.socket(), first);
  EXPECT_EQ(there.recv(100), "hello");
  EXPECT_FALSE(route.move_on("hello"));
  EXPECT_EQ(route.in_words(),
            "tried " + nowhere.to_string() + ", " + open.to_string() + ": check the host and the port");
}

TEST_F(DatagramRoute, HasNothingToSayOfOneAddress) {
  datagram_route route{*engine, {open}, {}};
  EXPECT_EQ(route.in_words(), "");
  EXPECT_FALSE(route.move_on("hello"));
}

TEST_F(DatagramRoute, PassesOverAddressesThatCannotBeUsed) {
  const address inet6 = ahoy::lookup("::1", open.port()).front();
  datagram_route route{*engine, {inet6, open}, ahoy::lookup("127.0.0.1", 0).front()};  // its source is IPv4
  EXPECT_TRUE(route.socket().connected());
  EXPECT_FALSE(route.move_on("hello"));
  EXPECT_THROW((datagram_route{*engine, {inet6}, open}), ahoy::error);
}

}  // namespace
