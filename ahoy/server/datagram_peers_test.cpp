#include <ahoy/connection/stream.hpp>
#include <ahoy/engine/select.hpp>
#include <ahoy/server/datagram_peers.hpp>

#include <gtest/gtest.h>
#include <sys/eventfd.h>

#include <memory>
#include <vector>

namespace {

using namespace std::chrono_literals;
using ahoy::address;
using caller = ahoy::callers::caller;

class peers_of_datagrams : public testing::Test {
 protected:
  void TearDown() override {
    while (all_.size() > 0) all_.remove(all_.begin());
  }
  /// Any connection that has an address will do: nothing is said over it.
  caller& add(std::uint32_t host, std::uint16_t port) {
    ahoy::fd nothing{::eventfd(0, EFD_CLOEXEC)};
    auto link = std::make_unique<ahoy::stream>(*by_, std::move(nothing), address::inet(host, port));
    caller& added = *all_.add(std::move(link), top_, true);
    peers_.add(added);
    return added;
  }
  [[nodiscard]] std::vector<caller*> of(std::uint32_t host) const {
    const auto found = peers_.of(address::inet(host, 9));
    return {found.begin(), found.end()};
  }

  std::unique_ptr<ahoy::engine> by_ = ahoy::make_engine(ahoy::engine_choice::epoll);
  ahoy::context top_;
  ahoy::callers all_;
  ahoy::datagram_peers peers_;
};

TEST_F(peers_of_datagrams, are_found_by_where_they_call_from) {
  caller& first = add(1, 1000);
  caller& second = add(1, 1001);
  caller& other = add(2, 1000);
  EXPECT_EQ(of(1), (std::vector<caller*>{&first, &second}));
  EXPECT_EQ(of(2), std::vector<caller*>{&other});
  EXPECT_TRUE(of(3).empty());
  peers_.remove(first);
  peers_.remove(first);
  EXPECT_EQ(of(1), std::vector<caller*>{&second});
}

TEST_F(peers_of_datagrams, of_one_address_its_own_makes_way) {
  add(2, 1000);  // silent for longest, but another's
  caller& first = add(1, 1000);
  caller& second = add(1, 1001);
  const ahoy::time_point now = by_->now() + 1s;
  EXPECT_EQ(all_.make_way(by_->now() - 1h, peers_.of(address::inet(1, 9))), nullptr) << "heard of since";
  EXPECT_EQ(all_.make_way(now, peers_.of(address::inet(1, 9))), &first);
  EXPECT_TRUE(first.stopped());
  EXPECT_EQ(first.why_cut, ahoy::callers::cut::made_way);
  EXPECT_EQ(all_.make_way(now, peers_.of(address::inet(1, 9))), &second);
  EXPECT_EQ(all_.make_way(now, peers_.of(address::inet(1, 9))), nullptr) << "each once";
  EXPECT_EQ(all_.making_way(), 2U);
}

}  // namespace
