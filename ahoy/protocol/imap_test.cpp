#include <ahoy/connection/pipe.hpp>
#include <ahoy/engine/select.hpp>
#include <ahoy/error/error.hpp>
#include <ahoy/protocol/imap.hpp>
#include <ahoy/task/scope.hpp>

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace {

using ahoy::connection;
using ahoy::imap_client;
using ahoy::task;
using numbers = std::vector<std::uint32_t>;

/// What is expected of the client, without the last line's end, and what it is answered. An empty
/// expectation: nothing.
using script = std::vector<std::pair<std::string, std::string>>;

task<> play(connection& to, const script& lines, std::string& wrong) {
  std::string heard;
  for (const auto& [expected, reply] : lines) {
    const std::size_t size = expected.empty() ? 0 : expected.size() + 2;
    while (heard.size() < size) {
      const ahoy::bytes come = co_await to.receive();
      if (come.empty()) {
        wrong += "ended instead of: " + expected + "\n";
        co_return;
      }
      heard += come.text();
    }
    const std::string said = heard.substr(0, size);
    heard.erase(0, said.size());
    if (!expected.empty() && said != expected + "\r\n") wrong += said + " instead of: " + expected + "\n";
    if (!reply.empty()) co_await to.send(reply);
  }
  wrong += heard;
}

class imap : public testing::Test {
 protected:
  using talk = task<> (*)(imap_client& with, ahoy::engine& by, std::string& result);

  /// What the client throws. The server can do this.
  std::error_code converse(const std::string& can, const script& more, talk what) {
    script lines{{"a1 CAPABILITY", "* CAPABILITY " + can + "\r\na1 OK done\r\n"}};
    lines.insert(lines.end(), more.begin(), more.end());
    result_.clear();
    wrong_.clear();
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
      imap_client client{ahoy::carry_over(std::move(over), "mail.example.org:143"), {}};
      co_await client.begin();
      co_await what(client, *engine_, result_);
    } catch (const ahoy::error& why) {
      cause_ = why.code();
    }
  }

  std::unique_ptr<ahoy::engine> engine_ = ahoy::make_engine();
  std::string result_, wrong_;
  std::error_code cause_;
};

const std::pair<std::string, std::string> select_two{
    "a2 SELECT \"INBOX\"",
    "* 2 EXISTS\r\n* OK [UIDVALIDITY 9] x\r\n* OK [UIDNEXT 12] x\r\na2 OK [READ-WRITE] x\r\n"};

// In functions of their own: GCC 12 takes no braced lists in a coroutine.
std::vector<std::string> words(const std::string& first, const std::string& second = {}) {
  std::vector<std::string> all{first};
  if (!second.empty()) all.push_back(second);
  return all;
}
numbers some_uids() { return {1, 2, 3, 7}; }
numbers one_uid() { return {4}; }

task<> nothing(imap_client&, ahoy::engine&, std::string&) { co_return; }

task<> select_inbox(imap_client& with, ahoy::engine&, std::string& result) {
  const auto there = co_await with.select("INBOX");
  result = std::to_string(there.messages) + " " + std::to_string(there.uid_validity) + " " +
           std::to_string(there.uid_next) + (there.is_read_only ? " read-only" : "");
}

task<> move_some(imap_client& with, ahoy::engine&, std::string&) {
  co_await with.move(some_uids(),
                     "Gr\xc3\xbc\xc3\x9f"
                     "e");
}

task<> change_flags(imap_client& with, ahoy::engine&, std::string&) {
  const std::vector<std::string> none;
  const auto seen = words("\\Seen", "$own");
  co_await with.store(one_uid(), ahoy::imap_flags::add, seen);
  co_await with.store(one_uid(), ahoy::imap_flags::remove, seen);
  co_await with.store(one_uid(), ahoy::imap_flags::replace, none);
  co_await with.expunge();
}

task<> set_a_wrong_flag(imap_client& with, ahoy::engine&, std::string&) {
  co_await with.store(one_uid(), ahoy::imap_flags::add, words("a) (b"));
}

task<> search_words(imap_client& with, ahoy::engine&, std::string& result) {
  (void)co_await with.select("INBOX");
  const numbers found = co_await with.search("UNSEEN", "k\xc3\xa4se");
  for (const auto each : found) result += std::to_string(each) + " ";
}

task<> append_flagged(imap_client& with, ahoy::engine&, std::string& result) {
  co_await with.begin_append("Drafts", 9, words("\\Draft"));
  co_await with.send("Subject: ");
  const auto done = co_await with.finish_append();
  result = std::to_string(done.uid_validity) + " " + std::to_string(done.uid) + " " + done.said;
}

task<> await_one(imap_client& with, ahoy::engine& by, std::string& result) {
  (void)co_await with.select("INBOX");
  const auto count = co_await with.await_mail(by);
  result = std::to_string(count);
}

task<> await_again(imap_client& with, ahoy::engine& by, std::string& result) {
  (void)co_await with.select("INBOX");
  const auto count = co_await with.await_mail(by, std::chrono::milliseconds{1});
  result = std::to_string(count);
}

task<> list_names(imap_client& with, ahoy::engine&, std::string& result) {
  const auto all = co_await with.mailboxes();
  for (const auto& each : all) result += each.name + " ";
}

task<> fetch_seven(imap_client& with, ahoy::engine&, std::string& result) {
  co_await with.fetch(7, "1.2");
  result = std::to_string(with.left()) + ":";
  for (;;) {
    const std::string piece = co_await with.receive();
    if (piece.empty()) break;
    result += piece;
  }
  co_await with.logout();
}

task<> fetch_what_is_no_section(imap_client& with, ahoy::engine&, std::string&) {
  co_await with.fetch(7, "1]\r\na3 DELETE INBOX");
}
task<> open_what_is_no_mailbox(imap_client& with, ahoy::engine&, std::string&) {
  (void)co_await with.select("a\r\na3 DELETE INBOX");
}
task<> search_what_is_no_program(imap_client& with, ahoy::engine&, std::string&) {
  (void)co_await with.search("ALL\r\na3 DELETE INBOX");
}
task<> search_what_are_no_words(imap_client& with, ahoy::engine&, std::string&) {
  (void)co_await with.search("", "x\r\na3 DELETE INBOX");
}

TEST_F(imap, lets_nothing_break_out_of_a_command) {
  for (const auto what : {fetch_what_is_no_section, open_what_is_no_mailbox, search_what_is_no_program,
                          search_what_are_no_words})
    EXPECT_EQ(converse("IMAP4rev1", {}, what), ahoy::errc::malformed);
}

TEST_F(imap, opens_a_mailbox) {
  EXPECT_FALSE(converse("IMAP4rev1", {select_two}, select_inbox));
  EXPECT_EQ(result_, "2 9 12");
  EXPECT_EQ(converse("IMAP4rev1", {{"a2 SELECT \"INBOX\"", "a2 NO [CANNOT] x\r\n"}}, select_inbox),
            ahoy::errc::not_there);
  EXPECT_EQ(converse("IMAP4rev1", {{"a2 SELECT \"INBOX\"", "a2 NO [INUSE] x\r\n"}}, select_inbox),
            ahoy::errc::refused);
}

TEST_F(imap, moves) {
  EXPECT_FALSE(converse("IMAP4rev1 MOVE",
                        {{"a2 UID MOVE 1:3,7 \"Gr&APwA3w-e\"", "* 1 EXPUNGE\r\na2 OK x\r\n"}}, move_some));
  EXPECT_FALSE(converse("IMAP4rev1 UIDPLUS",
                        {{"a2 UID COPY 1:3,7 \"Gr&APwA3w-e\"", "a2 OK x\r\n"},
                         {"a3 UID STORE 1:3,7 +FLAGS.SILENT (\\Deleted)", "a3 OK x\r\n"},
                         {"a4 UID EXPUNGE 1:3,7", "* 1 EXPUNGE\r\na4 OK x\r\n"}},
                        move_some));
  EXPECT_EQ(converse("IMAP4rev1 UIDPLUS", {{"a2 UID COPY 1:3,7 \"Gr&APwA3w-e\"", "a2 NO [TRYCREATE] x\r\n"}},
                     move_some),
            ahoy::errc::not_there);
  EXPECT_EQ(converse("IMAP4rev1", {}, move_some), ahoy::errc::refused);
}

TEST_F(imap, changes_flags) {
  EXPECT_FALSE(converse("IMAP4rev1",
                        {{"a2 UID STORE 4 +FLAGS.SILENT (\\Seen $own)", "a2 OK x\r\n"},
                         {"a3 UID STORE 4 -FLAGS.SILENT (\\Seen $own)", "a3 OK x\r\n"},
                         {"a4 UID STORE 4 FLAGS.SILENT ()", "a4 OK x\r\n"},
                         {"a5 EXPUNGE", "* 1 EXPUNGE\r\na5 OK x\r\n"}},
                        change_flags));
  EXPECT_EQ(converse("IMAP4rev1", {}, set_a_wrong_flag), ahoy::errc::malformed);
}

TEST_F(imap, searches_for_words_of_other_languages) {
  const std::string cheese = "k\xc3\xa4se";
  EXPECT_FALSE(converse("IMAP4rev1",
                        {select_two,
                         {"a3 UID SEARCH CHARSET UTF-8 UNSEEN 1:2 TEXT {5}", "* 3 EXISTS\r\n+ go\r\n"},
                         {cheese, "* SEARCH 9 4\r\na3 OK x\r\n"}},
                        search_words));
  EXPECT_EQ(result_, "4 9 ");
  EXPECT_FALSE(
      converse("IMAP4rev2 LITERAL-",
               {select_two, {"a3 UID SEARCH UNSEEN 1:2 TEXT {5+}\r\n" + cheese, "* SEARCH\r\na3 OK x\r\n"}},
               search_words));
  EXPECT_EQ(
      converse("IMAP4rev1",
               {select_two, {"a3 UID SEARCH CHARSET UTF-8 UNSEEN 1:2 TEXT {5}", "a3 NO [BADCHARSET] x\r\n"}},
               search_words),
      ahoy::errc::refused);
}

TEST_F(imap, appends) {
  EXPECT_FALSE(converse(
      "IMAP4rev1",
      {{"a2 APPEND \"Drafts\" (\\Draft) {9}", "+ go\r\n"}, {"Subject: ", "a2 OK [APPENDUID 7 8] x\r\n"}},
      append_flagged));
  EXPECT_EQ(result_, "7 8 OK [APPENDUID 7 8] x");
  EXPECT_FALSE(converse("IMAP4rev1 LITERAL+",
                        {{"a2 APPEND \"Drafts\" (\\Draft) {9+}\r\nSubject: ", "a2 OK x\r\n"}},
                        append_flagged));
  EXPECT_EQ(result_, "0 0 OK x");
}

TEST_F(imap, awaits_mail) {
  EXPECT_FALSE(converse("IMAP4rev1 IDLE",
                        {select_two,
                         {"a3 IDLE", "+ idling\r\n* OK still here\r\n* 1 EXPUNGE\r\n* 2 EXISTS\r\n"},
                         {"DONE", "a3 OK x\r\n"}},
                        await_one));
  EXPECT_EQ(result_, "2");  // one went, and one came
  EXPECT_EQ(converse("IMAP4rev1", {select_two}, await_one), ahoy::errc::refused);
  EXPECT_EQ(converse("IMAP4rev1 IDLE", {select_two, {"a3 IDLE", "+ idling\r\na3 OK x\r\n"}}, await_one),
            ahoy::errc::protocol_broken);
}

TEST_F(imap, asks_anew_before_the_server_hangs_up) {
  EXPECT_FALSE(converse("IMAP4rev1 IDLE",
                        {select_two,
                         {"a3 IDLE", "+ idling\r\n"},
                         {"DONE", "a3 OK x\r\n"},
                         {"a4 IDLE", "+ idling\r\n* 3 EXISTS\r\n"},
                         {"DONE", "a4 OK x\r\n"}},
                        await_again));
  EXPECT_EQ(result_, "3");
}

TEST_F(imap, knows_who_writes_utf8) {
  const script list{{"a2 LIST \"\" \"*\"", "* LIST () NIL \"Gr&APwA3w-e\"\r\na2 OK x\r\n"}};
  EXPECT_FALSE(converse("IMAP4rev1 IMAP4rev2", list, list_names));
  EXPECT_EQ(result_,
            "Gr\xc3\xbc\xc3\x9f"
            "e ");
  EXPECT_FALSE(converse("IMAP4rev2", list, list_names));
  EXPECT_EQ(result_, "Gr&APwA3w-e ");
  EXPECT_FALSE(converse("IMAP4rev1 UTF8=ONLY",
                        {{"a2 ENABLE UTF8=ACCEPT", "* ENABLED UTF8=ACCEPT\r\na2 OK x\r\n"}}, nothing));
}

TEST_F(imap, is_not_led_astray_by_what_a_literal_holds) {
  const auto list = [](const std::string& wire) {
    return script{{"a2 LIST \"\" \"*\"", wire + "a2 OK x\r\n"}};
  };
  EXPECT_FALSE(converse("IMAP4rev1", list("* LIST () NIL {3}\r\n{5}\r\n* LIST () NIL b\r\n"), list_names));
  EXPECT_EQ(result_, "b {5} ");
  EXPECT_FALSE(converse("IMAP4rev1", list("* LIST () NIL {8}\r\na2 OK x\r\r\n"), list_names));
  EXPECT_EQ(result_, "a2 OK x\r ");
  EXPECT_EQ(converse("IMAP4rev1", {{"a2 LIST \"\" \"*\"", "* LIST () NIL {70000}\r\n"}}, list_names),
            ahoy::errc::protocol_broken);
}

TEST_F(imap, fetches_a_part) {
  EXPECT_FALSE(converse("IMAP4rev1",
                        {{"a2 UID FETCH 7 (UID BODY.PEEK[1.2])",
                          "* 1 FETCH (BODY[1.2] {11}\r\na3 OK\r\n)(\r\n UID 7)\r\na2 OK x\r\n"},
                         {"a3 LOGOUT", "* BYE x\r\na3 OK x\r\n"}},
                        fetch_seven));
  EXPECT_EQ(result_, "11:a3 OK\r\n)(\r\n");
}

}  // namespace
