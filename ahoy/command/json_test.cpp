#include <ahoy/command/json.hpp>
#include <ahoy/error/error.hpp>
#include <ahoy/error/escape.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace {

using ahoy::json_event;
using ahoy::json_line;
using ahoy::json_request;
using ahoy::parse_json_line;
using ahoy::send_report;
using testing::HasSubstr;

const std::chrono::system_clock::time_point instant(std::chrono::milliseconds(1709210096789));

std::string operator""_bytes(const char* text, std::size_t size) { return {text, size}; }

std::string message_line(std::string_view text) {
  return json_line(json_event::message, instant, "unix:1", text);
}

std::string hint_of(std::string_view line) {
  try {
    static_cast<void>(parse_json_line(line));
  } catch (const ahoy::error& failure) {
    EXPECT_EQ(failure.code(), ahoy::errc::malformed);
    EXPECT_STREQ(failure.what(), "read JSON line: malformed");
    return failure.hint();
  }
  return "(not refused)";
}

TEST(json_event, is_one_line_with_its_members_in_order) {
  EXPECT_EQ(
      json_line(json_event::message, instant, "[::1]:40112", "he said \"ahoy\""),
      R"({"time":"2024-02-29T12:34:56.789Z","event":"message","from":"[::1]:40112","text":"he said \"ahoy\""})"
      "\n");
}

TEST(json_event, has_a_name) {
  const std::pair<json_event, std::string> names[] = {{json_event::message, "message"},
                                                      {json_event::join, "join"},
                                                      {json_event::leave, "leave"},
                                                      {json_event::drop, "drop"},
                                                      {json_event::busy, "busy"}};
  for (const auto& [event, name] : names)
    EXPECT_EQ(nlohmann::json::parse(json_line(event, instant, "unix:1", ""))["event"], name);
}

TEST(json_event, is_base64_where_the_text_is_not_utf_8) {
  for (auto text :
       {"\xff"_bytes, "caf\xe9"_bytes, "\xc0\x80"_bytes, "\xed\xa0\x80"_bytes, "\xf4\x90\x80\x80"_bytes})
    EXPECT_EQ(nlohmann::json::parse(message_line(text)).count("data"), 1u);
  EXPECT_THAT(message_line("caf\xe9"), HasSubstr(R"("from":"unix:1","data":"Y2Fm6Q=="})"));
  EXPECT_THAT(message_line("café"), HasSubstr(R"("text":"café")"));
}

TEST(json_event, carries_every_byte_and_moves_no_terminal) {
  std::string all;
  for (int byte = 0; byte < 256; ++byte) all += static_cast<char>(byte);
  for (auto text : {all, all.substr(0, 128), "\n\r\0"_bytes, "\xc2\x9b"_bytes, std::string("\u202e\u2066"),
                    std::string("\u2028")}) {
    auto line = message_line(text);
    ASSERT_EQ(line.back(), '\n');
    line.pop_back();
    EXPECT_EQ(ahoy::escape_controls(line), line);
    const auto object = nlohmann::json::parse(line);
    const auto request = object.contains("data") ? R"({"data":)" + object["data"].dump()
                                                 : R"({"text":)" + object["text"].dump();
    EXPECT_EQ(parse_json_line(request + "}").text, text);
  }
}

TEST(send_report, is_one_line_with_its_members_in_order) {
  EXPECT_EQ(json_line(send_report(5, 5, "closed", 0, "hello\n")),
            R"({"sent":5,"acknowledged":5,"confirm":"closed","status":0,"reply":"hello\n"})"
            "\n");
  EXPECT_EQ(json_line(send_report(18446744073709551615u, std::nullopt, "sent", 18, std::nullopt)),
            R"({"sent":18446744073709551615,"acknowledged":null,"confirm":"sent","status":18,"reply":null})"
            "\n");
  EXPECT_EQ(json_line(send_report(1, 1, "acked", 0, "\xff")),
            R"({"sent":1,"acknowledged":1,"confirm":"acked","status":0,"data":"/w=="})"
            "\n");
}

TEST(json_request, is_to_one_or_to_all) {
  EXPECT_EQ(parse_json_line(R"({"to":"unix:1","text":"hello"})"), json_request("unix:1", "hello"));
  EXPECT_EQ(parse_json_line(R"( { "text" : "" } )"), json_request(std::nullopt, ""));
  EXPECT_EQ(parse_json_line(R"({"data":"/wA=","to":"x"})"), json_request("x", "\xff\0"_bytes));
  EXPECT_EQ(parse_json_line(R"({"text":"\u0000\ud83d\ude00"})"),
            json_request(std::nullopt, "\0\xf0\x9f\x98\x80"_bytes));
}

TEST(json_request, says_what_is_wrong) {
  EXPECT_THAT(hint_of(""), HasSubstr("not JSON, at byte 1;"));
  EXPECT_THAT(hint_of("hello"), HasSubstr("not JSON, at byte 1;"));
  EXPECT_THAT(hint_of(R"({"text":"x"} x)"), HasSubstr("not JSON, at byte 14;"));
  EXPECT_THAT(hint_of(R"({"text":"x",})"), HasSubstr("not JSON"));
  EXPECT_THAT(hint_of("{\"text\":\"\xff\"}"), HasSubstr("not JSON, at byte 10;"));
  EXPECT_THAT(hint_of(R"({"text":"\ud800"})"), HasSubstr("not JSON"));
  EXPECT_THAT(hint_of("{\"text\":\"a\nb\"}"), HasSubstr("not JSON"));
  EXPECT_EQ(hint_of("[]"), "an object is expected, not array");
  EXPECT_EQ(hint_of("7"), "an object is expected, not number");
  EXPECT_EQ(hint_of("{}"), "\"text\" is missing");
  EXPECT_EQ(hint_of(R"({"to":"x"})"), "\"text\" is missing");
  EXPECT_EQ(hint_of(R"({"to":"","text":"x"})"), "\"to\" is empty: leave it out to speak to all");
  EXPECT_EQ(hint_of(R"({"to":null,"text":"x"})"), "\"to\" must be a string, not null");
  EXPECT_EQ(hint_of(R"({"text":7})"), "\"text\" must be a string, not number");
  EXPECT_EQ(hint_of(R"({"text":"x","data":""})"), "\"text\" and \"data\" cannot both be there");
  EXPECT_THAT(hint_of(R"({"data":"x"})"), HasSubstr("\"data\" is not base64"));
}

TEST(json_request, never_takes_a_slip_for_a_word_to_all) {
  EXPECT_THAT(hint_of(R"({"too":"x","text":"secret"})"), HasSubstr("\"too\" is not known"));
  EXPECT_THAT(hint_of(R"({"To":"x","text":"secret"})"), HasSubstr("\"To\" is not known"));
  EXPECT_EQ(hint_of(R"({"to":"x","to":"y","text":"secret"})"), "\"to\" is there twice");
  EXPECT_THAT(hint_of(R"({"\u001b":1})"), HasSubstr(R"("\x1b" is not known)"));
}

TEST(json_request, does_not_follow_deep_nesting) {
  const std::string deep(1'000'000, '[');
  EXPECT_EQ(hint_of(deep), "an object is expected, not array");
  EXPECT_EQ(hint_of(R"({"text":)" + deep), "every member must be a string");
  EXPECT_EQ(hint_of(R"({"to":{"text":"x"}})"), "every member must be a string");
}

}  // namespace
