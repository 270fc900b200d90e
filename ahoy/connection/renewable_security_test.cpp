#include <ahoy/connection/renewable_security.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <thread>
#include <vector>

namespace {

using namespace std::chrono_literals;
using ahoy::renewable_security;
using ahoy::security;

/// Known by its timeout; makes no connection, but says whom it was asked for one.
struct one_of_several final : security {
  one_of_several(ahoy::duration timeout, std::string& asked) : timeout_{timeout}, asked_{asked} {}
  std::unique_ptr<ahoy::secure_connection> over(std::unique_ptr<ahoy::connection>, const ahoy::host& server,
                                                std::string name) const override {
    asked_ = server.text() + " " + name + " " + std::to_string(timeout_.count());
    return nullptr;
  }
  [[nodiscard]] ahoy::duration handshake_timeout() const noexcept override { return timeout_; }
  [[nodiscard]] std::string why_out_of_date() const override {
    return "good for " + std::to_string(timeout_.count());
  }

 private:
  ahoy::duration timeout_;
  std::string& asked_;
};

TEST(renewable_security, is_the_one_that_came_last) {
  std::string asked;
  renewable_security all{std::make_shared<one_of_several>(1s, asked)};
  EXPECT_EQ(all.handshake_timeout(), 1s);
  EXPECT_EQ(all.renewals(), 0U);
  EXPECT_EQ(all.over(nullptr, ahoy::host{"example.org"}, "first"), nullptr);
  EXPECT_EQ(asked, "example.org first 1000000000");
  all.renew(std::make_shared<one_of_several>(2s, asked));
  EXPECT_EQ(all.handshake_timeout(), 2s);
  EXPECT_EQ(all.why_out_of_date(), "good for 2000000000");
  EXPECT_EQ(all.renewals(), 1U);
  static_cast<void>(all.over(nullptr, ahoy::host{"example.org"}, "second"));
  EXPECT_EQ(asked, "example.org second 2000000000");
}

TEST(renewable_security, lets_go_of_the_one_before) {
  std::string asked;
  auto first = std::make_shared<one_of_several>(1s, asked);
  const std::weak_ptr<const security> seen = first;
  renewable_security all{std::move(first)};
  EXPECT_FALSE(seen.expired());
  all.renew(std::make_shared<one_of_several>(2s, asked));
  EXPECT_TRUE(seen.expired());
}

/// With a sanitizer this tells, too, whether any of them was used after it had gone.
TEST(renewable_security, is_renewed_while_others_use_it) {
  constexpr int times = 20'000;
  std::string unused;
  renewable_security all{std::make_shared<one_of_several>(0ns, unused)};
  std::atomic<bool> over = false;
  std::atomic<int> backward = 0;
  const auto use = [&] {
    ahoy::duration last{};
    while (!over) {
      const ahoy::duration now = all.handshake_timeout();
      if (now < last) ++backward;
      last = now;
    }
  };
  std::vector<std::thread> users;
  users.reserve(3);
  for (int i = 0; i < 3; ++i) users.emplace_back(use);
  for (int i = 1; i <= times; ++i) all.renew(std::make_shared<one_of_several>(ahoy::duration{i}, unused));
  over = true;
  for (std::thread& each : users) each.join();
  EXPECT_EQ(backward, 0);
  EXPECT_EQ(all.renewals(), static_cast<std::uint64_t>(times));
  EXPECT_EQ(all.handshake_timeout(), ahoy::duration{times});
}

}  // namespace
