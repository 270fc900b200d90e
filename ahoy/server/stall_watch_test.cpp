#include <ahoy/connection/pipe.hpp>
#include <ahoy/connection/stream.hpp>
#include <ahoy/engine/select.hpp>
#include <ahoy/server/stall_watch.hpp>
#include <ahoy/socket/socket.hpp>

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <memory>
#include <optional>
#include <string>

namespace {

using namespace std::chrono_literals;
using ahoy::stall_watch;

constexpr ahoy::time_point start{1000h};

/// A caller over TCP whose receive buffer is small, and the server's side of it.
struct tcp_pair {
  tcp_pair() {
    ahoy::socket listener{ahoy::family::inet, ahoy::socket_type::stream};
    listener.bind("127.0.0.1", 0);
    listener.listen(1);
    const int small = 4096;
    ::setsockopt(far.fileno(), SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
    far.connect("127.0.0.1", listener.getsockname().port());
    near.emplace(listener.accept().first);
  }
  ahoy::socket far{ahoy::family::inet, ahoy::socket_type::stream};
  std::optional<ahoy::socket> near;
};

/// Sends until the kernel takes no more.
std::size_t fill(int socket) {
  const std::string much(65536, 'x');
  std::size_t all = 0;
  for (;;) {
    const ssize_t sent = ::send(socket, much.data(), much.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent <= 0) return all;
    all += static_cast<std::size_t>(sent);
  }
}

class stall_watching : public testing::Test {
 protected:
  void TearDown() override {
    while (all_.size() > 0) all_.remove(all_.begin());
  }
  ahoy::callers::caller& add(int socket) {
    auto link = std::make_unique<ahoy::stream>(*by_, ahoy::fd::duplicate(socket));
    return *all_.add(std::move(link), top_, false);
  }

  std::unique_ptr<ahoy::engine> by_ = ahoy::make_engine(ahoy::engine_choice::epoll);
  ahoy::context top_;
  ahoy::callers all_;
  stall_watch watch_{all_, 8s};
};

TEST_F(stall_watching, who_takes_nothing_for_the_limit_has_stalled) {
  const tcp_pair pair;
  ahoy::callers::caller& who = add(pair.near->fileno());
  fill(pair.near->fileno());
  EXPECT_TRUE(watch_.look(start).empty());
  EXPECT_TRUE(watch_.look(start + 7s).empty());
  const auto stalled = watch_.look(start + 8s);
  ASSERT_EQ(stalled.size(), 1U);
  EXPECT_EQ(stalled[0], &who);
}

TEST_F(stall_watching, who_took_some_begins_anew) {
  const tcp_pair pair;
  add(pair.near->fileno());
  fill(pair.near->fileno());
  EXPECT_TRUE(watch_.look(start).empty());
  std::string some(1 << 20, 0);
  while (::recv(pair.far.fileno(), some.data(), some.size(), MSG_DONTWAIT) > 0) continue;
  // What the peer has read its system acknowledges in a moment.
  while (watch_.look(start + 8s).size() == 1) continue;
  EXPECT_TRUE(watch_.look(start + 15s).empty());
}

TEST_F(stall_watching, who_has_taken_all_never_stalls) {
  const tcp_pair pair;
  add(pair.near->fileno());
  ::send(pair.near->fileno(), "hello", 5, 0);
  char word[5];
  ::recv(pair.far.fileno(), word, sizeof word, MSG_WAITALL);
  for (auto now = start; now < start + 100s; now += 1s) EXPECT_TRUE(watch_.look(now).empty());
}

TEST_F(stall_watching, of_a_unix_socket_it_is_seen_here_but_not_at_a_worker) {
  int ends[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
  const ahoy::fd near{ends[0]}, far{ends[1]};
  ahoy::callers::caller& who = add(near.get());
  fill(near.get());
  EXPECT_TRUE(watch_.look(start).empty());
  EXPECT_EQ(watch_.look(start + 8s).size(), 1U);
  who.is_at_worker = true;
  EXPECT_TRUE(watch_.look(start + 16s).empty());
}

/// Of a Unix socket that was filled the same is known each time, so that all depends on who it is.
TEST_F(stall_watching, who_has_the_place_of_one_who_left_is_another) {
  int ends[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
  const ahoy::fd near{ends[0]}, far{ends[1]};
  fill(near.get());
  const ahoy::callers::caller* before = &add(near.get());
  EXPECT_TRUE(watch_.look(start).empty());
  auto link = all_.remove(all_.begin());
  const ahoy::callers::caller* now = &*all_.add(std::move(link), top_, false);
  for (int i = 0; now != before && i < 1000; ++i) {  // until its memory is used again
    link = all_.remove(all_.begin());
    now = &*all_.add(std::move(link), top_, false);
  }
  EXPECT_TRUE(watch_.look(start + 8s).empty());
  EXPECT_EQ(watch_.look(start + 16s).size(), 1U);
}

TEST_F(stall_watching, what_has_no_socket_is_left_alone) {
  auto [here, there] = ahoy::make_pipe(*by_);
  all_.add(std::move(here), top_, false);
  EXPECT_TRUE(watch_.look(start).empty());
  EXPECT_TRUE(watch_.look(start + 100s).empty());
}

TEST_F(stall_watching, it_looks_four_times_in_a_limit) { EXPECT_EQ(watch_.interval(), 2s); }

TEST(stalled_in_words, a_limit_as_it_would_be_typed) {
  EXPECT_EQ(ahoy::stalled_in_words(2min), "too slow: took nothing for 2m");
  EXPECT_EQ(ahoy::stalled_in_words(1500ms), "too slow: took nothing for 1500ms");
}

}  // namespace
