#pragma once
#include <ahoy/connection/stream.hpp>
#include <ahoy/engine/select.hpp>

#include <gtest/gtest.h>
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
