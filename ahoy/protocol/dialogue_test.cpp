#include <ahoy/protocol/dialogue.hpp>

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace {

using ahoy::said_by;

struct shown_dialogue {
  ahoy::secrets_filter filter;
  std::vector<std::string> lines;

  void say(said_by who, std::string_view bytes) {
    filter.each_line(bytes, who, [this](said_by by, std::string_view line) {
      lines.push_back((by == said_by::us ? "> " : "< ") + std::string{line});
    });
  }
};

using lines = std::vector<std::string>;

TEST(dialogue, leaves_headers_of_secrets_out) {
  shown_dialogue shown;
  shown.say(said_by::us,
            "GET / HTTP/1.1\r\nauthorization: Basic c2VjcmV0\r\nCookie: a=secret\r\nX-A: b\r\n\r\n");
  shown.say(said_by::server, "HTTP/1.1 200 OK\r\nSet-Cookie: secret\r\n");
  EXPECT_EQ(shown.lines, (lines{"> GET / HTTP/1.1", "> authorization: ****", "> Cookie: ****", "> X-A: b",
                                "< HTTP/1.1 200 OK", "< Set-Cookie: ****"}));
}

TEST(dialogue, leaves_passwords_of_every_protocol_out) {
  for (const char* login :
       {"PASS secret", "AUTH PLAIN c2VjcmV0", "pass secret", "A1 LOGIN alice secret", "APOP alice secret",
        "A1 AUTHENTICATE PLAIN c2VjcmV0", "AUTHINFO PASS secret", "AUTHINFO SASL PLAIN c2VjcmV0"}) {
    shown_dialogue shown;
    shown.say(said_by::us, std::string{login} + "\r\n");
    ASSERT_EQ(shown.lines.size(), 1U);
    EXPECT_EQ(shown.lines[0].find("secret"), std::string::npos) << login;
    EXPECT_EQ(shown.lines[0].find("c2Vj"), std::string::npos) << login;
  }
}

TEST(dialogue, leaves_answers_to_challenges_out_whatever_the_server_says_between) {
  shown_dialogue shown;
  shown.say(said_by::us, "AUTH LOGIN\r\n");
  shown.say(said_by::server, "334 VXNlcm5hbWU6\r\n250 nothing of that kind\r\n");
  shown.say(said_by::us, "YWxpY2U=\r\nc2VjcmV0\r\n");
  shown.say(said_by::server, "235 welcome\r\n");
  shown.say(said_by::us, "MAIL FROM:<a@b>\r\n");
  EXPECT_EQ(shown.lines, (lines{"> AUTH ****", "< 334 VXNlcm5hbWU6", "< 250 nothing of that kind", "> ****",
                                "> ****", "< 235 welcome", "> MAIL FROM:<a@b>"}));
}

TEST(dialogue, shows_what_only_looks_like_logging_in) {
  shown_dialogue shown;
  shown.say(said_by::us, "AUTH TLS\r\nUSER alice\r\nA1 SELECT PASS\r\n");
  EXPECT_EQ(shown.lines, (lines{"> AUTH TLS", "> USER alice", "> A1 SELECT PASS"}));
}

TEST(dialogue, hides_all_of_a_secret_that_is_longer_than_a_line_may_be) {
  shown_dialogue shown;
  shown.say(said_by::us, "Authorization: Basic " + std::string(150000, 'c') + "\r\nX-A: b\r\n");
  EXPECT_EQ(shown.lines, (lines{"> Authorization: ****", "> ****", "> ****", "> X-A: b"}));
}

TEST(dialogue, waits_for_the_end_of_a_line_and_bounds_it) {
  shown_dialogue shown;
  shown.say(said_by::server, "22");
  EXPECT_TRUE(shown.lines.empty());
  shown.say(said_by::server, "0 x\n" + std::string(200000, 'y'));
  EXPECT_EQ(shown.lines[0], "< 220 x");
  EXPECT_EQ(shown.lines.size(), 4U);
}

}  // namespace
