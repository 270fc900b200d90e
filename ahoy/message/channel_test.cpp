#include <ahoy/connection/pipe.hpp>
#include <ahoy/connection/stream.hpp>
#include <ahoy/engine/select.hpp>
#include <ahoy/error/error.hpp>
#include <ahoy/message/channel.hpp>
#include <ahoy/task/scope.hpp>

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <tests/both_ends.hpp>

#include <memory>
#include <string>
#include <vector>

namespace {

using namespace std::chrono_literals;
using ahoy::channel;
using ahoy::connection;
using ahoy::engine_choice;
using ahoy::framing;
using ahoy::message;
using ahoy::task;
using ahoy_test::ends;
using ahoy_test::socket_pair;

/// Holds so little that every message is cut somewhere.
ends narrow_pipe(ahoy::engine& by) { return ahoy::make_pipe(by, 3); }

class over : public ahoy_test::between_ends {};

task<> send_messages(connection& to, framing how, std::vector<std::string> texts) {
  channel out{to, how};
  for (const std::string& each : texts) co_await out.send(each);
  to.shutdown_send();
}

task<> send_bytes(connection& to, std::string bytes) {
  co_await to.send(bytes);
  to.shutdown_send();
}

task<> receive_messages(channel& in, std::vector<message>& got) {
  for (;;) {
    std::optional<message> next = co_await in.receive();
    if (!next) break;
    got.push_back(*next);
  }
}

std::vector<message> whole(std::vector<std::string> texts) {
  std::vector<message> result;
  for (std::string& each : texts) result.emplace_back(std::move(each));
  return result;
}

TEST_P(over, messages_arrive_as_they_were_sent) {
  std::string every_byte;
  for (int byte = 1; byte < 256; ++byte)
    if (byte != '\n' && byte != '\r') every_byte += static_cast<char>(byte);
  const std::vector<std::string> texts = {"one", "", every_byte, std::string(10'000, 'x'), "last"};
  for (const framing how : {framing::line, framing::nul, framing::length}) {
    ends again = GetParam().join(*engine_);
    channel in{*again.second, how};
    std::vector<message> got;
    engine_->run(
        ahoy::when_all(ahoy::tasks(send_messages(*again.first, how, texts), receive_messages(in, got))));
    EXPECT_EQ(got, whole(texts)) << ahoy::to_string(how);
  }
}

TEST_P(over, a_last_line_without_its_end_is_a_line) {
  channel in{far_, framing::line};
  std::vector<message> got;
  engine_->run(ahoy::when_all(ahoy::tasks(send_bytes(near_, "one\ntwo"), receive_messages(in, got))));
  EXPECT_EQ(got, whole({"one", "two"}));
  engine_->run(receive_messages(in, got));
  EXPECT_EQ(got.size(), 2U) << "the end stays the end";
}

TEST_P(over, a_counted_message_that_is_cut_short_is_an_error) {
  channel in{far_, framing::length};
  std::vector<message> got;
  try {
    engine_->run(ahoy::when_all(
        ahoy::tasks(send_bytes(near_, std::string("\0\0\0\5four", 8)), receive_messages(in, got))));
    ADD_FAILURE() << "nothing was thrown";
  } catch (const ahoy::error& caught) {
    EXPECT_EQ(caught.code(), ahoy::errc::cut_short);
  }
}

task<> expect_too_long(connection& from, std::size_t limit) {
  channel in{from, framing::line, limit};
  std::optional<message> first = co_await in.receive();
  EXPECT_EQ(first, message{"short"});
  try {
    co_await in.receive();
    ADD_FAILURE() << "nothing was thrown";
  } catch (const ahoy::error& caught) {
    EXPECT_EQ(caught.code(), ahoy::errc::too_long);
  }
  for (;;) {
    ahoy::bytes rest = co_await from.receive();
    if (rest.empty()) break;
  }
}

TEST_P(over, a_line_over_the_limit_is_an_error_after_those_before_it) {
  const std::string endless(1'000'000, 'x');
  engine_->run(
      ahoy::when_all(ahoy::tasks(send_bytes(near_, "short\n" + endless), expect_too_long(far_, 100))));
}

task<> send_part_then_end(connection& to, ahoy::event& seen) {
  co_await to.send("one\nhel");
  co_await seen.wait();
  co_await to.send("lo\n\nlast\n");
  to.shutdown_send();
}

task<> receive_parts(channel& in, std::vector<message>& got, ahoy::event& seen) {
  for (;;) {
    std::optional<message> next = co_await in.receive_or_part(5ms);
    if (!next) break;
    got.push_back(*next);
    if (next->unfinished) seen.notify();
  }
}

TEST_P(over, what_has_come_of_a_line_is_handed_out_after_some_quiet) {
  channel in{far_, framing::line};
  ahoy::event seen{*engine_};
  std::vector<message> got;
  engine_->run(ahoy::when_all(ahoy::tasks(receive_parts(in, got, seen), send_part_then_end(near_, seen))));
  const std::vector<message> expected = {message{"one"}, message{"hel", true}, message{"lo"}, message{""},
                                         message{"last"}};
  EXPECT_EQ(got, expected);
}

task<> say_nothing_for_a_while(ahoy::engine& by, connection& to) {
  co_await by.sleep(20ms);
  to.shutdown_send();
}

TEST_P(over, quiet_alone_is_no_message) {
  channel in{far_, framing::line};
  ahoy::event seen{*engine_};
  std::vector<message> got;
  engine_->run(
      ahoy::when_all(ahoy::tasks(receive_parts(in, got, seen), say_nothing_for_a_while(*engine_, near_))));
  EXPECT_TRUE(got.empty());
}

TEST_P(over, the_connections_own_timeout_holds_while_nothing_comes) {
  far_.set_timeout(5ms);
  channel in{far_, framing::line};
  std::vector<message> got;
  try {
    engine_->run(receive_messages(in, got));
    ADD_FAILURE() << "nothing was thrown";
  } catch (const ahoy::error& caught) {
    EXPECT_EQ(caught.code(), std::errc::timed_out);
    EXPECT_EQ(caught.address(), far_.label());
  }
}

/// One byte of `bytes` after the other.
task<> drip(connection& to, std::string bytes, ahoy::duration pause) {
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    co_await to.send(std::string_view{bytes}.substr(at, 1));
    co_await to.engine().sleep(pause);
  }
  to.shutdown_send();
}

/// How many messages and parts of them came, and why it ended before the stream's end.
task<> receive_until_late(channel& in, std::size_t& got, std::string& why) {
  bool ended = false;
  try {
    for (; !ended; ++got) {
      std::optional<message> next = co_await in.receive_or_part(500us);
      ended = !next;
    }
  } catch (const ahoy::error& late) {
    EXPECT_EQ(late.code(), std::errc::timed_out);
    why = late.hint();
  }
  while (!ended) {
    ahoy::bytes rest = co_await in.over().receive();
    ended = rest.empty();
  }
}

TEST_P(over, a_message_that_comes_byte_by_byte_has_to_be_whole_in_time) {
  const std::vector<std::pair<framing, std::string>> slow = {
      {framing::line, std::string(100, 'x')},
      {framing::nul, std::string(100, 'x')},
      {framing::length, std::string("\0\0\0\x63", 4) + std::string(99, 'x')}};
  for (const auto& [how, bytes] : slow) {
    const ends both = GetParam().join(*engine_);
    both.second->set_timeout(20s);  // which begins anew with every byte
    channel in{*both.second, how};
    in.set_message_timeout(20ms);
    std::size_t got = 0;
    std::string why;
    engine_->run(
        ahoy::when_all(ahoy::tasks(drip(*both.first, bytes, 1ms), receive_until_late(in, got, why))));
    EXPECT_EQ(why, "a message took too long to be whole") << ahoy::to_string(how);
  }
}

TEST_P(over, each_message_has_a_time_of_its_own) {
  std::string bytes;
  for (int each = 0; each < 60; ++each) bytes += "a\n";
  channel in{far_, framing::line};
  in.set_message_timeout(1s);
  std::size_t got = 0;
  std::string why;
  engine_->run(ahoy::when_all(ahoy::tasks(drip(near_, bytes, 10ms), receive_until_late(in, got, why))));
  EXPECT_EQ(why, "");
  EXPECT_GE(got, 60U);
}

task<> send_one(connection& to, std::string text) {
  channel out{to, framing::line};
  co_await out.send(text);
}

TEST_P(over, a_text_that_contains_its_delimiter_is_not_sent) {
  EXPECT_THROW(engine_->run(send_one(near_, "two\nlines")), ahoy::error);
  EXPECT_EQ(near_.bytes_sent(), 0U);
}

constexpr ahoy_test::ends_setting settings[] = {
    {"epoll_socket", engine_choice::epoll, socket_pair},
    {"epoll_pipe", engine_choice::epoll, narrow_pipe},
    {"uring_socket", engine_choice::uring, socket_pair},
    {"uring_pipe", engine_choice::uring, narrow_pipe},
    {"blocking_socket", engine_choice::blocking, socket_pair},
    {"blocking_pipe", engine_choice::blocking, narrow_pipe},
};
INSTANTIATE_TEST_SUITE_P(every, over, testing::ValuesIn(settings),
                         [](const auto& tested) { return std::string{tested.param.name}; });

}  // namespace
