#include <ahoy/command/stream_conversation.hpp>
#include <ahoy/connection/pipe.hpp>
#include <ahoy/connection/stream.hpp>
#include <ahoy/engine/select.hpp>
#include <ahoy/task/scope.hpp>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <tests/both_ends.hpp>
#include <unistd.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace {

using namespace std::chrono_literals;
using ahoy::after_eof;
using ahoy::confirmation;
using ahoy::connection;
using ahoy::stream_conversation;
using ahoy::task;
using rule = ahoy::after_eof::rule;
using ahoy_test::ends;
using ahoy_test::socket_pair;

ends memory_pair(ahoy::engine& by) { return ahoy::make_pipe(by, 10); }

/// Gives its words, then waits until it is told to finish.
class endless_source final : public ahoy::input_source {
 public:
  explicit endless_source(ahoy::engine& by) : told_{by} {}
  task<std::optional<std::string>> next() override {
    if (given_++ == 0) co_return "first";
    while (!finished_) co_await told_.wait();
    co_return std::nullopt;
  }
  void finish() noexcept override {
    finished_ = true;
    told_.notify();
  }
  bool at_end() const noexcept override { return false; }

 private:
  ahoy::event told_;
  int given_ = 0;
  bool finished_ = false;
};

struct Conversation : testing::TestWithParam<ends (*)(ahoy::engine&)> {
  std::unique_ptr<ahoy::engine> engine = ahoy::make_engine();
  ends both = GetParam()(*engine);
  connection& near = *both.first;
  connection& far = *both.second;
  const std::vector<std::string> words{"one", "two"};
  std::unique_ptr<ahoy::input_source> two_words = ahoy::words_as_input(words);
  ahoy::kept_output kept{1000};
  std::string heard;  // by the peer
};

ahoy::borders lines_out() {
  ahoy::borders made;
  made.sent = ahoy::framing::line;
  return made;
}

task<> receive_all(connection& from, std::string& into) {
  for (;;) {
    const ahoy::bytes got = co_await from.receive();
    if (got.empty()) break;
    into += got.text();
  }
}

task<> answer_at_the_end(connection& peer, std::string& heard) {
  co_await receive_all(peer, heard);
  co_await peer.send("answer");
  peer.shutdown_send();
}

TEST_P(Conversation, OurEndIsToldAndTheAnswerAwaited) {
  stream_conversation one{near, *two_words, kept, lines_out(), ahoy::rule_of_call({})};
  engine->run(ahoy::when_all(ahoy::tasks(one.run(), answer_at_the_end(far, heard))));
  EXPECT_EQ(heard, "one\ntwo\n");
  EXPECT_EQ(kept.text(), "answer");
  EXPECT_TRUE(one.all_sent() && one.peer_ended() && !one.failure());
}

task<> end_first(connection& peer, std::string& heard) {
  co_await peer.send("bye");
  peer.shutdown_send();
  co_await receive_all(peer, heard);
}

TEST_P(Conversation, ThePeersEndEndsTheInputOfACall) {
  endless_source input{*engine};
  stream_conversation one{near, input, kept, {}, ahoy::rule_of_call({})};
  engine->run(ahoy::when_all(ahoy::tasks(one.run(), end_first(far, heard))));
  EXPECT_EQ(heard, "first");
  EXPECT_EQ(kept.text(), "bye");
  EXPECT_TRUE(one.peer_ended() && !one.failure());
}

task<> finish_later(ahoy::engine& by, endless_source& input, bool& told) {
  co_await by.sleep(20ms);
  told = true;
  input.finish();
}

TEST_P(Conversation, ThePeersEndDoesNotEndTheInputOfASend) {
  endless_source input{*engine};
  bool told = false;
  stream_conversation one{near, input, kept, {}, ahoy::rule_of_send({}, confirmation::closed)};
  engine->run(
      ahoy::when_all(ahoy::tasks(one.run(), end_first(far, heard), finish_later(*engine, input, told))));
  EXPECT_TRUE(told);
  EXPECT_EQ(heard, "first");
}

task<> only_listen(connection& peer, std::string& heard) { co_await receive_all(peer, heard); }

TEST_P(Conversation, CloseAndALimitDoNotWaitForThePeer) {
  for (const after_eof& asked : {after_eof{rule::close, ahoy::no_timeout}, after_eof{rule::limited, 5ms}}) {
    ends fresh = GetParam()(*engine);
    auto input = ahoy::words_as_input(words);
    stream_conversation one{*fresh.first, *input, kept, lines_out(), ahoy::rule_of_call(asked)};
    heard.clear();
    engine->run(ahoy::when_all(ahoy::tasks(one.run(), only_listen(*fresh.second, heard))));
    EXPECT_EQ(heard, "one\ntwo\n");
    EXPECT_TRUE(one.all_sent() && !one.peer_ended() && !one.failure());
  }
}

task<> expect_timed_out(task<> work) {
  bool timed_out = false;
  try {
    co_await std::move(work);
  } catch (const std::system_error& thrown) {
    timed_out = thrown.code() == std::errc::timed_out;
  }
  EXPECT_TRUE(timed_out);
}

TEST_P(Conversation, TimeThatRunsOutIsThrownAndSaysWhatItWaitedFor) {
  endless_source input{*engine};
  stream_conversation one{near, input, kept, {}, ahoy::rule_of_call({})};
  engine->run(expect_timed_out(ahoy::with_deadline(engine->now() + 20ms, one.run())));
  EXPECT_EQ(one.waits_for(), "wait for input to send to");
  EXPECT_FALSE(one.failure());
}

task<> close_unread(std::unique_ptr<connection>& peer) {
  const ahoy::bytes some = co_await peer->receive();
  peer.reset();
}

TEST_P(Conversation, APeerThatGoesIsAFailureAndNotThrown) {
  const std::vector<std::string> much(3, std::string(1'000'000, 'x'));
  const auto input = ahoy::words_as_input(much);
  stream_conversation one{near, *input, kept, {}, ahoy::rule_of_send({}, confirmation::closed)};
  engine->run(ahoy::when_all(ahoy::tasks(one.run(), close_unread(both.second))));
  EXPECT_TRUE(one.failure());
  EXPECT_FALSE(one.all_sent());
}

/// Speaks when the peer has said why it goes, and has gone: our send is what hears of it first.
class too_late_source final : public ahoy::input_source {
 public:
  too_late_source(std::unique_ptr<connection>& peer, std::string_view last_words)
      : peer_{peer}, last_words_{last_words} {}
  task<std::optional<std::string>> next() override {
    EXPECT_EQ(peer_->send_what_fits(last_words_), last_words_.size());
    peer_->abort_on_close();
    peer_.reset();
    co_return "are you there?";
  }
  void finish() noexcept override {}
  bool at_end() const noexcept override { return false; }

 private:
  std::unique_ptr<connection>& peer_;
  std::string_view last_words_;
};

TEST(ConversationOverTcp, WhyThePeerResetItSaysMoreThanThatItDid) {
  const std::string_view alert{"\x15\x03\x03\x00\x02\x02\x0a", 7};  // unexpected_message
  for (const auto& [last_words, cause] : {std::pair{alert, make_error_code(ahoy::errc::handshake_failed)},
                                          std::pair{std::string_view{"go"}, ahoy::system_code(ECONNRESET)}}) {
    const std::unique_ptr<ahoy::engine> engine = ahoy::make_engine();
    ends both = ahoy_test::tcp_pair(*engine);
    too_late_source input{both.second, last_words};
    ahoy::kept_output kept{1000};
    stream_conversation one{*both.first, input, kept, {}, ahoy::rule_of_call({})};
    engine->run(one.run());
    ASSERT_TRUE(one.failure());
    EXPECT_EQ(one.failure()->code(), cause) << one.failure()->what();
  }
}

task<> send_framed(connection& peer) {
  const std::string three =
      ahoy::encode(ahoy::framing::length, "a") + ahoy::encode(ahoy::framing::length, "bc");
  co_await peer.send(three);
  peer.shutdown_send();
}

TEST_P(Conversation, MessagesAreCutAsAsked) {
  ahoy::borders how;
  how.sent = how.heard = ahoy::framing::length;
  stream_conversation one{near, *two_words, kept, how, ahoy::rule_of_call({})};
  engine->run(ahoy::when_all(ahoy::tasks(one.run(), send_framed(far), only_listen(far, heard))));
  EXPECT_EQ(kept.text(), "abc");
  EXPECT_EQ(heard, std::string("\0\0\0\3one\0\0\0\3two", 14));
}

INSTANTIATE_TEST_SUITE_P(Over, Conversation, testing::Values(&socket_pair, &memory_pair),
                         [](const auto& tested) { return tested.index == 0 ? "socket" : "memory"; });

}  // namespace
