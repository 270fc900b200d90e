#include <ahoy/connection/pipe.hpp>
#include <ahoy/connection/tls.hpp>
#include <ahoy/connection/tls_identity.hpp>
#include <ahoy/connection/tls_session.hpp>
#include <ahoy/engine/select.hpp>
#include <ahoy/error/error.hpp>
#include <ahoy/socket/fd.hpp>
#include <ahoy/task/scope.hpp>

#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <memory>
#include <string>
#include <string_view>

namespace {

using namespace std::chrono_literals;
using ahoy::bytes;
using ahoy::connection;
using ahoy::engine_choice;
using ahoy::task;
using ahoy::tls_options;

/// A key of its own, in a file while this is.
class identity {
 public:
  identity() {
    const ahoy::fd file{::mkstemp(name_.data())};
    const std::string text = ahoy::make_identity("DNS:localhost");
    EXPECT_EQ(::write(file.get(), text.data(), text.size()), static_cast<ssize_t>(text.size()));
  }
  identity(const identity&) = delete;
  identity& operator=(const identity&) = delete;
  ~identity() { ::unlink(name_.c_str()); }
  [[nodiscard]] const std::string& file() const { return name_; }
  [[nodiscard]] std::string key() const { return ahoy::key_fingerprint(name_); }

 private:
  std::string name_ = testing::TempDir() + "ahoy-tls-XXXXXX";
};

const identity& us() {
  static const identity made;
  return made;
}

/// Both sides of TLS, over a pipe, on every engine.
class tls_pair : public testing::TestWithParam<engine_choice> {
 protected:
  tls_pair() {
    client_.trusted_keys = {us().key()};
    server_.certificate = us().file();
  }
  void join(std::size_t capacity = 65536) {
    auto [one, other] = ahoy::make_pipe(*engine_, capacity);
    below_ = one.get();
    if (!client_side_) client_side_ = ahoy::make_tls_client(client_);
    if (!server_side_) server_side_ = ahoy::make_tls_server(server_);
    near_ = client_side_->over(std::move(one), "localhost", "the server");
    far_ = server_side_->over(std::move(other), "", "the caller");
  }
  void agree() { engine_->run(ahoy::when_all(ahoy::tasks(near_->handshake(), far_->handshake()))); }

  std::unique_ptr<ahoy::engine> engine_ = ahoy::make_engine(GetParam());
  tls_options client_, server_;
  std::shared_ptr<const ahoy::security> client_side_, server_side_;
  std::unique_ptr<ahoy::secure_connection> near_, far_;
  connection* below_ = nullptr;
};

task<> say(connection& to, std::string text) { co_await to.send(text); }

task<> hear(connection& from, std::string& heard) {
  bytes come = co_await from.receive();
  heard = come.text();
}

task<> hear_all(connection& from, std::string& heard) {
  for (;;) {
    bytes come = co_await from.receive();
    if (come.empty()) break;
    heard += come.text();
  }
}

task<> expect(task<> work, std::error_code cause) {
  try {
    co_await std::move(work);
    ADD_FAILURE() << "nothing was thrown";
  } catch (const std::system_error& thrown) {
    EXPECT_EQ(thrown.code(), cause) << thrown.what();
  }
}

TEST_P(tls_pair, agrees_at_the_first_word_too) {
  join();
  std::string heard;
  engine_->run(ahoy::when_all(ahoy::tasks(say(*near_, "hello"), hear(*far_, heard))));
  EXPECT_EQ(heard, "hello");
  EXPECT_EQ(near_->version(), "TLSv1.3");
  EXPECT_TRUE(near_->has_halves());
  EXPECT_EQ(near_->peer_key(), us().key());
  EXPECT_EQ(near_->transport(), "tls");
  EXPECT_EQ(near_->bytes_sent(), 5U);
  EXPECT_EQ(far_->bytes_received(), 5U);
  EXPECT_GT(near_->bytes_on_wire(), 5U);
}

task<> end(connection& half) {
  half.shutdown_send();
  co_return;
}

TEST_P(tls_pair, an_end_in_the_middle_of_the_handshake_comes_after_it) {
  join();
  std::string heard;
  engine_->run(ahoy::when_all(ahoy::tasks(near_->handshake(), end(*near_), hear_all(*far_, heard))));
  EXPECT_EQ(heard, "");
  far_->shutdown_send();
  engine_->run(hear_all(*near_, heard));
}

task<> hear_nothing_in_time(connection& from) {
  const auto come = co_await from.receive_within(1ms);
  EXPECT_FALSE(come);
}

TEST_P(tls_pair, the_time_of_one_who_waits_is_not_that_of_the_handshake) {
  join();
  engine_->run(hear_nothing_in_time(*near_));
  engine_->run(hear_nothing_in_time(*near_));
  agree();
  std::string heard;
  engine_->run(ahoy::when_all(ahoy::tasks(say(*near_, "hello"), hear(*far_, heard))));
  EXPECT_EQ(heard, "hello");
}

TEST_P(tls_pair, an_end_is_told_from_a_cut) {
  join();
  agree();
  near_->shutdown_send();
  std::string heard;
  engine_->run(hear_all(*far_, heard));
  join();
  agree();
  below_->shutdown_send();
  engine_->run(expect(hear_all(*far_, heard), make_error_code(ahoy::errc::cut_short)));
  EXPECT_EQ(heard, "");
}

task<> say_much_and_end(connection& to, std::size_t size) {
  const std::string text(size, 'x');
  co_await to.send(text);
  to.shutdown_send();
  co_await to.until_sent();
}

TEST_P(tls_pair, an_end_that_has_no_room_waits_for_it) {
  join(1000);
  agree();
  // What is left of the pipe after these cannot hold the end as well.
  std::string heard;
  engine_->run(ahoy::when_all(ahoy::tasks(say_much_and_end(*near_, 978), hear_all(*far_, heard))));
  EXPECT_EQ(heard.size(), 978U);
}

task<> end_then_hear(connection& peer, std::size_t size, std::string& heard) {
  const std::string text(size, 'x');
  co_await peer.send(text);
  peer.shutdown_send();
  co_await hear_all(peer, heard);
}

TEST_P(tls_pair, who_only_receives_after_the_end_says_it_all_the_same) {
  join(1000);
  agree();
  std::string near_heard, far_heard;
  engine_->run(ahoy::when_all(
      ahoy::tasks(end_then_hear(*near_, 970, near_heard), end_then_hear(*far_, 970, far_heard))));
  EXPECT_EQ(near_heard.size(), 970U);
  EXPECT_EQ(far_heard.size(), 970U);
}

TEST_P(tls_pair, nothing_is_sent_after_the_end) {
  join();
  agree();
  near_->shutdown_send();
  near_->shutdown_send();
  engine_->run(expect(say(*near_, "more"), ahoy::system_code(EPIPE)));
}

TEST_P(tls_pair, a_handshake_with_a_silent_peer_ends_in_time) {
  client_.handshake_timeout = 2ms;
  join();
  engine_->run(expect(near_->handshake(), ahoy::system_code(ETIMEDOUT)));
  engine_->run(expect(say(*near_, "x"), ahoy::system_code(ETIMEDOUT)));
}

TEST_P(tls_pair, a_stopped_send_leaves_the_rest_whole) {
  join(1000);
  agree();
  near_->set_timeout(2ms);
  engine_->run(expect(say(*near_, std::string(5000, 'a')), ahoy::system_code(ETIMEDOUT)));
  near_->set_timeout(ahoy::no_timeout);
  std::string heard;
  engine_->run(ahoy::when_all(ahoy::tasks(say_much_and_end(*near_, 1), hear_all(*far_, heard))));
  EXPECT_EQ(heard, std::string(5000, 'a') + "x");  // what was made ciphertext goes first
}

TEST_P(tls_pair, believes_one_key_and_no_other) {
  const identity other;
  client_.trusted_keys = {other.key()};
  join();
  const auto failed = make_error_code(ahoy::errc::handshake_failed);
  engine_->run(
      ahoy::when_all(ahoy::tasks(expect(near_->handshake(), make_error_code(ahoy::errc::not_trusted)),
                                 expect(far_->handshake(), failed))));
}

TEST_P(tls_pair, asks_callers_for_a_key) {
  const identity caller;
  server_.trusted_keys = {caller.key()};
  client_.certificate = caller.file();
  join();
  agree();
  EXPECT_EQ(far_->peer_key(), caller.key());
  client_side_ = nullptr;
  client_.certificate = us().file();
  join();
  engine_->run(ahoy::when_all(
      ahoy::tasks(near_->handshake(), expect(far_->handshake(), make_error_code(ahoy::errc::not_trusted)))));
  std::string heard;
  engine_->run(expect(hear(*near_, heard), make_error_code(ahoy::errc::handshake_failed)));
}

TEST_P(tls_pair, goes_on_with_who_has_the_token) {
  client_.token = server_.token = "sixteen bytes!!!";
  join();
  agree();
  std::string heard;
  engine_->run(ahoy::when_all(ahoy::tasks(say(*near_, "hello"), hear(*far_, heard))));
  EXPECT_EQ(heard, "hello");
}

TEST_P(tls_pair, refuses_another_token) {
  client_.token = "sixteen bytes!!!";
  server_.token = "sixteen others!!";
  join();
  const auto refused = make_error_code(ahoy::errc::refused);
  engine_->run(
      ahoy::when_all(ahoy::tasks(expect(near_->handshake(), refused), expect(far_->handshake(), refused))));
}

TEST_P(tls_pair, wants_a_token) {
  server_.token = "sixteen bytes!!!";
  join();
  const auto failed = make_error_code(ahoy::errc::handshake_failed);
  engine_->run(
      ahoy::when_all(ahoy::tasks(expect(near_->handshake(), failed), expect(far_->handshake(), failed))));
}

TEST_P(tls_pair, proves_no_token_to_who_asks_for_none) {
  client_.token = "sixteen bytes!!!";
  join();
  engine_->run(ahoy::when_all(
      ahoy::tasks(expect(near_->handshake(), make_error_code(ahoy::errc::refused)), far_->handshake())));
}

TEST_P(tls_pair, may_be_given_less_time) {
  join();
  near_->agree_by(engine_->now() + 2ms);
  engine_->run(expect(near_->handshake(), ahoy::system_code(ETIMEDOUT)));
}

INSTANTIATE_TEST_SUITE_P(every, tls_pair,
                         testing::Values(engine_choice::epoll, engine_choice::uring, engine_choice::blocking),
                         [](const auto& tested) { return std::string{to_string(tested.param)}; });

// --- sessions alone ---

/// Both shake hands, and what the server sends after that is heard.
void shake(ahoy::tls_session& client, ahoy::tls_session& server) {
  for (int turn = 0; turn < 4; ++turn) {
    std::string to_server, to_client;
    client.shake_hands();
    client.take_outgoing(to_server);
    server.take(to_server);
    server.shake_hands();
    server.take_outgoing(to_client);
    client.take(to_client);
  }
  char none[1];
  EXPECT_FALSE(client.read(none));
}

struct sides {
  sides() {
    how.certificate = us().file();
    how.trusted_keys = {us().key()};
  }
  tls_options how;
};

TEST(tls_context, makes_the_second_handshake_a_short_one) {
  sides both;
  tls_options server = both.how;
  server.trusted_keys.clear();
  const auto calling = ahoy::tls_context::of_client(both.how);
  const auto answering = ahoy::tls_context::of_server(server);
  for (const bool resumed : {false, true}) {
    auto one = ahoy::tls_session::to_server(calling, "localhost", "localhost:1");
    auto other = ahoy::tls_session::to_client(answering, "the caller");
    shake(one, other);
    EXPECT_EQ(one.is_resumed(), resumed);
    EXPECT_EQ(one.peer_key(), us().key());
    one.write_end();  // what was cut is not resumed
  }
  auto elsewhere = ahoy::tls_session::to_server(calling, "localhost", "localhost:2");
  auto other = ahoy::tls_session::to_client(answering, "the caller");
  shake(elsewhere, other);
  EXPECT_FALSE(elsewhere.is_resumed());
}

/// Whoever holds both ends of two conversations cannot pass a proof from one on to the other.
TEST(tls_context, proves_a_token_in_each_conversation_anew) {
  sides both;
  both.how.trusted_keys.clear();
  both.how.insecure = true;
  both.how.token = "sixteen bytes!!!";
  tls_options between = both.how;
  between.token.clear();
  between.protocols = {"ahoy-token/1"};
  const auto owner = ahoy::tls_context::of_client(both.how);
  const auto server = ahoy::tls_context::of_server(both.how);
  auto one = ahoy::tls_session::to_server(owner, "localhost", "localhost:1");
  auto near = ahoy::tls_session::to_client(ahoy::tls_context::of_server(between), "the owner");
  auto far = ahoy::tls_session::to_server(ahoy::tls_context::of_client(between), "localhost", "localhost:2");
  auto other = ahoy::tls_session::to_client(server, "in between");
  const auto pass = [](ahoy::tls_session& from, ahoy::tls_session& to) {
    std::string wire;
    from.take_outgoing(wire);
    to.take(std::string_view{wire});
  };
  for (int turn = 0; turn < 3; ++turn) {
    static_cast<void>(one.shake_hands());
    pass(one, near);
    static_cast<void>(near.shake_hands());
    pass(near, one);
    static_cast<void>(far.shake_hands());
    pass(far, other);
    static_cast<void>(other.shake_hands());
    pass(other, far);
  }
  std::array<char, 64> proof{};
  const auto size = near.read(proof);
  ASSERT_EQ(size, 32U);
  far.write({proof.data(), *size});
  pass(far, other);
  EXPECT_THROW(static_cast<void>(other.shake_hands()), ahoy::error);
  pass(other, far);
  EXPECT_EQ(far.read(proof), 0U);  // its end, and no proof
}

/// Who gave up waiting asks again whether the handshake is over.
TEST(tls_context, says_its_proof_once) {
  sides both;
  both.how.trusted_keys.clear();
  both.how.insecure = true;
  both.how.token = "sixteen bytes!!!";
  auto one = ahoy::tls_session::to_server(ahoy::tls_context::of_client(both.how), "localhost", "localhost:1");
  auto other = ahoy::tls_session::to_client(ahoy::tls_context::of_server(both.how), "the caller");
  shake(one, other);
  for (ahoy::tls_session* each : {&one, &other}) {
    std::string before;
    each->take_outgoing(before);
    EXPECT_TRUE(each->shake_hands());
    EXPECT_EQ(each->outgoing_size(), 0U);
  }
}

TEST(tls_context, takes_no_token_that_could_be_guessed) {
  sides both;
  for (const std::size_t size : {1U, 15U, 4097U}) {
    both.how.token.assign(size, 'x');
    EXPECT_THROW(static_cast<void>(ahoy::tls_context::of_client(both.how)), ahoy::error);
    EXPECT_THROW(static_cast<void>(ahoy::tls_context::of_server(both.how)), ahoy::error);
  }
}

TEST(tls_context, agrees_on_a_protocol_where_there_is_one) {
  sides both;
  both.how.trusted_keys.clear();
  both.how.insecure = true;
  both.how.protocols = {"ahoy/1", "ahoy/0"};
  tls_options server = both.how;
  server.protocols = {"ahoy/0"};
  auto one = ahoy::tls_session::to_server(ahoy::tls_context::of_client(both.how), "localhost", "localhost:1");
  auto other = ahoy::tls_session::to_client(ahoy::tls_context::of_server(server), "the caller");
  shake(one, other);
  EXPECT_EQ(one.protocol(), "ahoy/0");
  EXPECT_EQ(other.protocol(), "ahoy/0");
  server.protocols = {"smtp"};
  auto stranger = ahoy::tls_session::to_client(ahoy::tls_context::of_server(server), "the caller");
  auto again =
      ahoy::tls_session::to_server(ahoy::tls_context::of_client(both.how), "localhost", "localhost:1");
  EXPECT_THROW(shake(again, stranger), ahoy::error);
}

}  // namespace
