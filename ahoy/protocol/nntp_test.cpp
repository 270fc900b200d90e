#include <ahoy/connection/pipe.hpp>
#include <ahoy/engine/select.hpp>
#include <ahoy/error/error.hpp>
#include <ahoy/protocol/nntp.hpp>
#include <ahoy/task/scope.hpp>

#include <gtest/gtest.h>
#include <tests/scripted_peer.hpp>

#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace {

using ahoy::connection;
using ahoy::nntp_client;
using ahoy::task;
using ahoy_test::play;
using ahoy_test::script;

class nntp : public testing::Test {
 protected:
  using talk = task<> (*)(nntp_client& with, std::string& result);

  /// What the client throws, after a session that begins as servers' do.
  std::error_code converse(const script& more, talk what, bool begins = true) {
    script lines;
    if (begins)
      lines = {
          {"", "200 ready\r\n"},
          {"CAPABILITIES",
           "101 here\r\nVERSION 2\r\nREADER\r\nSTARTTLS\r\nAUTHINFO USER\r\nSASL PLAIN\r\nOVER\r\n.\r\n"}};
    lines.insert(lines.end(), more.begin(), more.end());
    result_.clear();
    wrong_.clear();
    hint_.clear();
    engine_->run(run(lines, what));
    EXPECT_EQ(wrong_, "");
    return cause_;
  }
  task<> run(const script& lines, talk what) {
    auto [near, far] = ahoy::make_pipe(*engine_, 100'000);
    co_await ahoy::when_all(ahoy::tasks(serve(std::move(far), lines), speak(std::move(near), what)));
  }
  task<> serve(std::unique_ptr<connection> at, const script& lines) { co_await play(*at, lines, wrong_); }
  task<> speak(std::unique_ptr<connection> over, talk what) {
    cause_ = {};
    try {
      nntp_client client{ahoy::carry_over(std::move(over), "news.example.org:119"), "localhost", how_};
      co_await client.begin();
      co_await what(client, result_);
    } catch (const ahoy::error& why) {
      cause_ = why.code();
      hint_ = why.hint();
    }
  }

  std::unique_ptr<ahoy::engine> engine_ = ahoy::make_engine();
  ahoy::transfer_options how_;
  std::string result_, wrong_, hint_;
  std::error_code cause_;
};

task<> nothing(nntp_client&, std::string&) { co_return; }

task<> read_text(ahoy::nntp_text text, std::string& into) {
  for (;;) {
    const std::string piece = co_await text.receive();
    if (piece.empty()) break;
    into += piece;
  }
}

task<> list_groups(nntp_client& with, std::string& result) {
  auto list = co_await with.groups("comp.*");
  for (;;) {
    const bool is_more = co_await list.more();
    if (!is_more) break;
    while (const auto* each = list.next())
      result += std::string{each->name} + ":" + std::string{each->status} + " ";
  }
}

task<> read_overview(nntp_client& with, std::string& result) {
  auto list = co_await with.overview(3, 5);
  for (;;) {
    const bool is_more = co_await list.more();
    if (!is_more) break;
    while (const auto* each = list.next())
      result += std::to_string(each->number) + "=" + std::string{each->subject} + " ";
  }
}

task<> read_article(nntp_client& with, std::string& result) {
  auto text = co_await with.article("<a@b>");
  co_await read_text(std::move(text), result);
}

task<> read_in_group(nntp_client& with, std::string& result) {
  const auto there = co_await with.group("comp.test");
  result = std::to_string(there.count) + " " + std::to_string(there.first) + " " +
           std::to_string(there.last) + "|";
  auto head = co_await with.article("7", ahoy::nntp_part::head);
  co_await read_text(std::move(head), result);
  result += "|";
  auto body = co_await with.article("7", ahoy::nntp_part::body);
  co_await read_text(std::move(body), result);
  co_await with.quit();
}

task<> post_article(nntp_client& with, std::string& result) {
  co_await with.begin_article();
  for (const char* piece : {"Subject: x\n\n", ".", ".\nend"}) co_await with.send_article(piece);
  result = co_await with.finish_article();
}

TEST_F(nntp, lists_groups) {
  EXPECT_EQ(
      converse({{"LIST ACTIVE comp.*", "215 list\r\ncomp.a 1 1 y\r\nrec.b 1 1 n\r\ncomp.c 9 1 m\r\n.\r\n"}},
               list_groups),
      std::error_code{});
  EXPECT_EQ(result_, "comp.a:y comp.c:m ") << "a server that heeds no pattern";
  EXPECT_EQ(converse({{"LIST ACTIVE comp.*", "215 list\r\ncomp.a\r\n.\r\n"}}, list_groups),
            ahoy::errc::protocol_broken);
  EXPECT_EQ(converse({{"LIST ACTIVE comp.*", "215 list\r\ncomp.a 1 1 y\r\n"}}, list_groups),
            ahoy::errc::cut_short);
}

TEST_F(nntp, reads_a_group_and_parts_of_articles) {
  const script lines{{"GROUP comp.test", "211 12 1 20 comp.test\r\n"},
                     {"HEAD 7", "221 7 <a@b>\r\nSubject: x\r\n.\r\n"},
                     {"BODY 7", "222 7 <a@b>\r\n..a\r\n\r\n.\r\n"},
                     {"QUIT", "205 bye\r\n"}};
  EXPECT_EQ(converse(lines, read_in_group), std::error_code{});
  EXPECT_EQ(result_, "12 1 20|Subject: x\r\n|.a\r\n\r\n");
  EXPECT_EQ(converse({{"GROUP comp.test", "411 no such group\r\n"}}, read_in_group), ahoy::errc::not_there);
  EXPECT_EQ(hint_, "the server said: 411 no such group");
  EXPECT_EQ(converse({{"GROUP comp.test", "211 many\r\n"}}, read_in_group), ahoy::errc::protocol_broken);
}

TEST_F(nntp, reads_an_overview_in_the_servers_order) {
  const std::pair<std::string, std::string> unknown{"LIST OVERVIEW.FMT", "503 not kept\r\n"};
  EXPECT_EQ(converse({unknown, {"OVER 3-5", "224 here\r\n3\ta\tb\r\n5\tc\r\n.\r\n"}}, read_overview),
            std::error_code{});
  EXPECT_EQ(result_, "3=a 5=c ");
  const std::pair<std::string, std::string> other{"LIST OVERVIEW.FMT",
                                                  "215 order\r\nFrom:\r\nSubject:\r\n.\r\n"};
  EXPECT_EQ(converse({other, {"OVER 3-5", "500 what?\r\n"}, {"XOVER 3-5", "224 here\r\n3\ta\tb\r\n.\r\n"}},
                     read_overview),
            std::error_code{});
  EXPECT_EQ(result_, "3=b ");
  EXPECT_EQ(converse({unknown, {"OVER 3-5", "423 none\r\n"}}, read_overview), std::error_code{});
  EXPECT_EQ(result_, "");
  EXPECT_EQ(converse({unknown, {"OVER 3-5", "224 here\r\nx\ty\r\n.\r\n"}}, read_overview),
            ahoy::errc::protocol_broken);
  EXPECT_EQ(converse({unknown, {"OVER 3-5", "412 no group\r\n"}}, read_overview), ahoy::errc::refused);
}

TEST_F(nntp, reads_articles_up_to_a_limit) {
  const script lines{{"ARTICLE <a@b>", "220 0 <a@b>\r\nA: b\r\n\r\n..\r\n.\r\n"}};
  EXPECT_EQ(converse(lines, read_article), std::error_code{});
  EXPECT_EQ(result_, "A: b\r\n\r\n.\r\n");
  how_.max_size = 11;
  EXPECT_EQ(converse(lines, read_article), std::error_code{});
  how_.max_size = 10;
  EXPECT_EQ(converse(lines, read_article), ahoy::errc::too_long);
}

TEST_F(nntp, knows_what_answers_mean) {
  constexpr std::pair<const char*, ahoy::errc> samples[]{{"430 no such article", ahoy::errc::not_there},
                                                         {"423 no such number", ahoy::errc::not_there},
                                                         {"420 none", ahoy::errc::not_there},
                                                         {"480 log in", ahoy::errc::login_refused},
                                                         {"483 encrypt", ahoy::errc::login_refused},
                                                         {"502 not you", ahoy::errc::login_refused},
                                                         {"400 going down", ahoy::errc::refused},
                                                         {"403 broken", ahoy::errc::refused},
                                                         {"503 not here", ahoy::errc::refused},
                                                         {"599 what?", ahoy::errc::refused},
                                                         {"222 a body", ahoy::errc::protocol_broken},
                                                         {"340 go on", ahoy::errc::protocol_broken},
                                                         {"100 help", ahoy::errc::protocol_broken},
                                                         {"600 x", ahoy::errc::protocol_broken},
                                                         {"hello", ahoy::errc::protocol_broken},
                                                         {"", ahoy::errc::protocol_broken}};
  for (const auto& [line, cause] : samples) {
    EXPECT_EQ(converse({{"ARTICLE <a@b>", std::string{line} + "\r\n"}}, read_article), cause) << line;
    EXPECT_NE(hint_.find(line), std::string::npos) << hint_;
  }
}

TEST_F(nntp, shows_the_servers_words_without_obeying_them) {
  converse({{"ARTICLE <a@b>", "430 \x1b[2J\xff\r\n"}}, read_article);
  EXPECT_EQ(hint_, "the server said: 430 \\x1b[2J\\xff");
}

TEST_F(nntp, posts) {
  EXPECT_EQ(
      converse({{"POST", "340 go on\r\n"}, {"Subject: x\r\n\r\n...\r\nend\r\n.", "240 taken <a@b>\r\n"}},
               post_article),
      std::error_code{});
  EXPECT_EQ(result_, "taken <a@b>");
  EXPECT_EQ(converse({{"POST", "340 go on\r\n"}, {"Subject: x\r\n\r\n...\r\nend\r\n.", "441 no\r\n"}},
                     post_article),
            ahoy::errc::refused);
  EXPECT_EQ(converse({{"POST", "440 not here\r\n"}}, post_article), ahoy::errc::refused);
}

TEST_F(nntp, logs_in_first_where_there_is_a_login) {
  how_.login = {"alice", "two words"};
  EXPECT_EQ(
      converse({{"AUTHINFO USER alice", "381 and?\r\n"}, {"AUTHINFO PASS two words", "281 ok\r\n"}}, nothing),
      std::error_code{});
  EXPECT_EQ(converse({{"AUTHINFO USER alice", "281 ok\r\n"}}, nothing), std::error_code{});
  for (const char* each : {"481 no", "482 no", "502 no"})
    EXPECT_EQ(converse({{"AUTHINFO USER alice", std::string{each} + "\r\n"}}, nothing),
              ahoy::errc::login_refused)
        << each;
  EXPECT_EQ(converse({{"AUTHINFO USER alice", "200 ok\r\n"}}, nothing), ahoy::errc::protocol_broken);
}

TEST_F(nntp, logs_in_when_it_is_asked_to_and_once) {
  how_.login = {"alice", "secret"};
  EXPECT_EQ(
      converse({{"AUTHINFO USER alice", "281 ok\r\n"}, {"ARTICLE <a@b>", "480 log in\r\n"}}, read_article),
      ahoy::errc::login_refused);
  how_.login = {};
  EXPECT_EQ(converse({{"ARTICLE <a@b>", "480 log in\r\n"}}, read_article), ahoy::errc::login_refused);
}

TEST_F(nntp, logs_in_by_sasl_where_that_is_what_there_is) {
  how_.login = {"alice", "secret"};
  const script begin{{"", "200 ready\r\n"},
                     {"CAPABILITIES", "101 here\r\nREADER\r\nAUTHINFO SASL\r\nSASL PLAIN\r\n.\r\n"}};
  script one = begin;
  one.emplace_back("AUTHINFO SASL PLAIN AGFsaWNlAHNlY3JldA==", "281 ok\r\n");
  EXPECT_EQ(converse(one, nothing, false), std::error_code{});
  script two = begin;
  two.emplace_back("AUTHINFO SASL PLAIN AGFsaWNlAHNlY3JldA==", "383 =\r\n");
  two.emplace_back("AGFsaWNlAHNlY3JldA==", "481 no\r\n");
  EXPECT_EQ(converse(two, nothing, false), ahoy::errc::login_refused);
}

TEST_F(nntp, sends_no_login_that_would_be_another_command) {
  for (const char* each : {"alice\r\nQUIT", "alice\nQUIT", "alice\r"}) {
    how_.login = {each, "x"};
    EXPECT_EQ(converse({}, nothing), ahoy::errc::malformed) << each;
    how_.login = {"x", each};
    EXPECT_EQ(converse({{"AUTHINFO USER x", "381 and?\r\n"}}, nothing), ahoy::errc::malformed) << each;
  }
}

TEST_F(nntp, never_goes_on_without_tls_that_was_asked_for) {
  how_.starts_tls = true;
  how_.login = {"alice", "secret"};
  for (const char* each : {"580 no", "500 what?", "502 no", "200 ok"})
    EXPECT_EQ(converse({{"STARTTLS", std::string{each} + "\r\n"}}, nothing), ahoy::errc::handshake_failed)
        << each;
  const script without{{"", "200 ready\r\n"}, {"CAPABILITIES", "101 here\r\nREADER\r\n.\r\n"}};
  EXPECT_EQ(converse(without, nothing, false), ahoy::errc::handshake_failed);
  const script old{{"", "200 ready\r\n"},
                   {"CAPABILITIES", "500 what?\r\n"},
                   {"MODE READER", "200 ok\r\n"},
                   {"STARTTLS", "500 what?\r\n"}};
  EXPECT_EQ(converse(old, nothing, false), ahoy::errc::handshake_failed);
  EXPECT_EQ(converse({{"STARTTLS", "382 go on\r\n281 you are in\r\n"}}, nothing), ahoy::errc::protocol_broken)
      << "what is said in the clear must not count inside";
}

TEST_F(nntp, becomes_a_reader_where_it_has_to) {
  const script lines{{"", "200 ready\r\n"},
                     {"CAPABILITIES", "101 here\r\nIHAVE\r\nMODE-READER\r\n.\r\n"},
                     {"MODE READER", "200 ok\r\n"},
                     {"CAPABILITIES", "101 here\r\nREADER\r\n.\r\n"}};
  EXPECT_EQ(converse(lines, nothing, false), std::error_code{});
  how_.login = {"alice", "secret"};
  const script later{{"", "200 ready\r\n"},
                     {"CAPABILITIES", "480 log in\r\n"},
                     {"MODE READER", "480 log in\r\n"},
                     {"AUTHINFO USER alice", "281 ok\r\n"},
                     {"MODE READER", "201 ok\r\n"}};
  EXPECT_EQ(converse(later, nothing, false), std::error_code{});
}

TEST_F(nntp, begins_with_nobody_who_refuses) {
  EXPECT_EQ(converse({{"", "400 busy\r\n"}}, nothing, false), ahoy::errc::refused);
  EXPECT_EQ(converse({{"", "502 not you\r\n"}}, nothing, false), ahoy::errc::login_refused);
  EXPECT_EQ(converse({{"", "220 smtp.example.org ESMTP\r\n"}}, nothing, false), ahoy::errc::protocol_broken);
  EXPECT_EQ(converse({{"", "200 ready"}}, nothing, false), ahoy::errc::cut_short);
}

}  // namespace
