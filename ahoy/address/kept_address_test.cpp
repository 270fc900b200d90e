#include <ahoy/address/kept_address.hpp>

#include <gtest/gtest.h>

#include <string>

namespace {

using ahoy::address;
using ahoy::kept_address;

TEST(kept_address, gives_back_what_it_was_given) {
  for (const address& each :
       {address::inet(0x7f000001, 80), address::inet6(in6addr_loopback, 65535, 3), address::local("/a"),
        address::local("/" + std::string(106, 'x')), address::local("@abstract"), address{}}) {
    EXPECT_EQ(kept_address{each}.get(), each) << each.to_string();
    EXPECT_EQ(kept_address{each}.get().size(), each.size());
  }
}

TEST(kept_address, of_the_internet_takes_little) { EXPECT_EQ(sizeof(kept_address), 32U); }

}  // namespace
