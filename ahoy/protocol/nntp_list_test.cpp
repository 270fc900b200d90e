#include <ahoy/engine/select.hpp>
#include <ahoy/error/error.hpp>
#include <ahoy/protocol/carrier.hpp>
#include <ahoy/protocol/nntp_list.hpp>
#include <ahoy/protocol/reply_channel.hpp>

#include <gtest/gtest.h>

#include <string>
#include <utility>

namespace {

/// Says all at once, and ends.
class said_at_once final : public ahoy::carrier {
 public:
  explicit said_at_once(std::string text) : text_{std::move(text)} {}
  ahoy::task<std::string> receive() override { co_return std::exchange(text_, {}); }
  ahoy::task<> send(std::string_view) override { co_return; }
  [[nodiscard]] const std::string& peer() const noexcept override { return peer_; }

 private:
  std::string text_, peer_ = "memory";
};

ahoy::task<> read(ahoy::nntp_group_list list, std::size_t& count) {
  for (;;) {
    const bool is_more = co_await list.more();
    if (!is_more) break;
    while (list.next()) ++count;
  }
}

std::error_code failure_of(std::string text, std::size_t& count) {
  const auto by = ahoy::make_engine();
  ahoy::reply_channel channel{std::make_unique<said_at_once>(std::move(text)), nullptr};
  try {
    by->run(read(ahoy::nntp_group_list{ahoy::nntp_lines{&channel, UINT64_MAX}, {}}, count));
    return {};
  } catch (const ahoy::error& refused) {
    return refused.code();
  }
}

TEST(nntp_list, a_line_that_is_too_long_is_none_though_it_comes_at_once) {
  std::size_t count = 0;
  EXPECT_EQ(failure_of("a.b 1 1 y\r\n.\r\n", count), std::error_code{});
  EXPECT_EQ(count, 1U);
  EXPECT_EQ(failure_of(std::string(70'000, 'x') + " 1 1 y\r\n.\r\n", count), ahoy::errc::protocol_broken);
}

}  // namespace
