#include <ahoy/connection/stream.hpp>
#include <ahoy/engine/select.hpp>
#include <ahoy/server/arrival.hpp>
#include <ahoy/server/server.hpp>
#include <ahoy/socket/socket.hpp>

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <atomic>
#include <future>
#include <memory>
#include <new>
#include <thread>

namespace {

using ahoy::counted_in;
using ahoy::newcomer;
using ahoy::turned_away;

/// Of each address one may be here.
class arriving : public testing::Test {
 protected:
  void TearDown() override {
    while (here_.size() > 0) here_.remove(here_.begin());
  }
  auto admit() { return at_.admit(newcomer::connected, from_); }
  bool may_come() { return std::holds_alternative<counted_in>(admit()); }
  std::unique_ptr<ahoy::connection> link() {
    int ends[2];
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) return nullptr;
    far_.reset(ends[1]);
    return std::make_unique<ahoy::stream>(*by_, ahoy::fd{ends[0]}, from_);
  }

  const ahoy::address from_ = ahoy::address::inet(0x7f000001, 1234);
  ahoy::fd far_;
  std::unique_ptr<ahoy::engine> by_ = ahoy::make_engine(ahoy::engine_choice::epoll);
  ahoy::context top_;
  ahoy::server_options options_{.per_address = {.at_once = 1}};
  ahoy::callers here_;
  ahoy::observer nobody_;
  ahoy::reception at_{*by_, options_, here_, nobody_, false};
};

TEST_F(arriving, who_is_counted_in_is_counted_out_whatever_happens) {
  {
    const auto its = admit();
    EXPECT_TRUE(std::holds_alternative<counted_in>(its));
    EXPECT_EQ(std::get<turned_away>(admit()), turned_away::too_many);
  }
  EXPECT_TRUE(may_come());
}

TEST_F(arriving, who_was_moved_counts_once) {
  auto its = std::get<counted_in>(admit());
  {
    const counted_in moved{std::move(its)};
    EXPECT_FALSE(may_come());
  }
  EXPECT_TRUE(may_come());
}

TEST_F(arriving, who_finds_no_place_is_counted_out) {
  options_.max_clients = 1;
  ahoy::reception small{*by_, options_, here_, nobody_, false};
  const auto who = here_.add(link(), top_, false);
  EXPECT_EQ(std::get<turned_away>(small.admit(newcomer::connected, from_)), turned_away::busy);
  here_.remove(who);
  EXPECT_TRUE(std::holds_alternative<counted_in>(small.admit(newcomer::connected, from_)));
}

TEST_F(arriving, who_did_not_come_to_a_conversation_was_never_here) {
  {
    const ahoy::arrival one{std::get<counted_in>(admit()), at_, here_, link(), top_, false};
    EXPECT_EQ(here_.size(), 1U);
    EXPECT_FALSE(may_come());
  }
  EXPECT_EQ(here_.size(), 0U);
  EXPECT_TRUE(may_come());
}

TEST_F(arriving, who_stays_is_here_until_it_is_counted_again) {
  ahoy::callers::entry who;
  {
    ahoy::arrival one{std::get<counted_in>(admit()), at_, here_, link(), top_, false};
    who = one.who();
    one.stay();
  }
  EXPECT_EQ(here_.size(), 1U);
  EXPECT_FALSE(may_come());
  {
    const counted_in its = at_.counted(who->link());
    EXPECT_FALSE(may_come());
  }
  EXPECT_TRUE(may_come());
}

/// There is no memory for TLS with the first three, whoever they are.
struct no_memory_for_tls final : ahoy::security {
  std::unique_ptr<ahoy::secure_connection> over(std::unique_ptr<ahoy::connection>, const ahoy::host&,
                                                std::string) const override {
    if (++asked == 3) third.set_value("came");
    throw std::bad_alloc{};
  }
  ahoy::duration handshake_timeout() const noexcept override { return std::chrono::seconds{10}; }
  mutable std::atomic<int> asked = 0;
  mutable std::promise<std::string> third;
};

struct listening_at : ahoy::observer {
  void listening(ahoy::scheme, const ahoy::address& on) override { where.set_value(on); }
  void too_many(const ahoy::address&, std::size_t) override {
    if (!was_refused.exchange(true)) tls->third.set_value("refused");
  }
  std::promise<ahoy::address> where;
  std::atomic<bool> was_refused = false;
  const no_memory_for_tls* tls = nullptr;
};

TEST(arriving_at_a_server, who_was_let_go_for_want_of_memory_counts_no_more) {
  const auto tls = std::make_shared<no_memory_for_tls>();
  ahoy::server_options options;
  options.per_address.at_once = 1;
  options.tls = tls;
  ahoy::server server{"tls://127.0.0.1:0", [](ahoy::connection&) -> ahoy::task<> { co_return; }, options};
  listening_at told;
  told.tls = tls.get();
  server.set_observer(told);
  std::thread serving{[&] { server.run(); }};
  const ahoy::address on = told.where.get_future().get();
  for (int i = 0; i < 3; ++i) {
    ahoy::socket caller{ahoy::family::inet, ahoy::socket_type::stream};
    caller.settimeout(std::chrono::seconds{20});
    caller.connect(on.host(), on.port());
    const std::string heard = i < 2 ? caller.recv(100) : "";
    EXPECT_EQ(heard, "");  // let go: the next one is not here beside it
  }
  EXPECT_EQ(tls->third.get_future().get(), "came");
  server.stop();
  serving.join();
}

struct counting_refused final : ahoy::observer {
  void listening(ahoy::scheme, const ahoy::address& on) override { where.set_value(on); }
  void too_many(const ahoy::address&, std::size_t) override { ++refused; }
  void busy(const ahoy::address&, std::size_t) override { ++refused; }
  std::promise<ahoy::address> where;
  std::atomic<int> refused = 0;
};

/// Who hangs up and calls again at once, while the server answers without a pause.
void call_one_after_the_other(const ahoy::address& on, int times) {
  for (int i = 0; i < times; ++i) {
    ahoy::socket caller{ahoy::family::inet, ahoy::socket_type::stream};
    caller.settimeout(std::chrono::seconds{20});
    caller.connect(on.host(), on.port());
    while (!caller.recv(100).empty()) continue;
  }
}

int refused_with(const ahoy::server_options& options) {
  const auto greets = [](ahoy::connection& peer) -> ahoy::task<> { co_await peer.send("hello"); };
  ahoy::server server{"tcp://127.0.0.1:0", greets, options};
  counting_refused told;
  server.set_observer(told);
  std::thread serving{[&] { server.run(); }};
  call_one_after_the_other(told.where.get_future().get(), 2000);
  server.stop();
  serving.join();
  return told.refused;
}

TEST(arriving_at_a_server, who_has_hung_up_is_not_in_its_own_way) {
  ahoy::server_options options;
  options.engine = ahoy::engine_choice::epoll;
  options.per_address.at_once = 1;
  EXPECT_EQ(refused_with(options), 0);
  options.per_address.at_once = 0;
  options.max_clients = 1;
  EXPECT_EQ(refused_with(options), 0);
}

}  // namespace
