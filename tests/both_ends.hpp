#pragma once
#include <ahoy/address/address.hpp>
#include <ahoy/connection/stream.hpp>
#include <ahoy/engine/select.hpp>

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <memory>
#include <utility>

namespace ahoy_test {

/// Two connections, each of which is the other's peer.
using ends = std::pair<std::unique_ptr<ahoy::connection>, std::unique_ptr<ahoy::connection>>;

inline ends socket_pair(ahoy::engine& by) {
  int made[2];
  EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, made), 0);
  return {std::make_unique<ahoy::stream>(by, ahoy::fd{made[0]}),
          std::make_unique<ahoy::stream>(by, ahoy::fd{made[1]})};
}

/// Over the loopback, the second end with a window of a few kilobytes.
inline ends tcp_pair(ahoy::engine& by) {
  const ahoy::fd listening{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  const int small = 4096;
  ::setsockopt(listening.get(), SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
  ahoy::address at = ahoy::address::inet(INADDR_LOOPBACK, 0);
  EXPECT_EQ(::bind(listening.get(), at.data(), at.size()), 0);
  EXPECT_EQ(::listen(listening.get(), 1), 0);
  socklen_t size = ahoy::address::capacity();
  ::getsockname(listening.get(), at.data(), &size);
  ahoy::fd near{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  EXPECT_EQ(::connect(near.get(), at.data(), at.size()), 0);
  ahoy::fd far{::accept4(listening.get(), nullptr, nullptr, SOCK_CLOEXEC)};
  return {std::make_unique<ahoy::stream>(by, std::move(near)),
          std::make_unique<ahoy::stream>(by, std::move(far))};
}

struct ends_setting {
  const char* name;
  ahoy::engine_choice engine;
  ends (*join)(ahoy::engine&);
};

/// What holds whichever engine carries it out, over whatever joins the two.
class between_ends : public testing::TestWithParam<ends_setting> {
 protected:
  std::unique_ptr<ahoy::engine> engine_ = ahoy::make_engine(GetParam().engine);
  ends ends_ = GetParam().join(*engine_);
  ahoy::connection& near_ = *ends_.first;
  ahoy::connection& far_ = *ends_.second;
};

}  // namespace ahoy_test
