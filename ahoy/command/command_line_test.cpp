#include <ahoy/command/command_line.hpp>
#include <ahoy/command/usage_error.hpp>

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

namespace {

using words = std::vector<std::string_view>;

// "name=value" of each option, a space between two.
std::string options_in(ahoy::verb verb, const words& given) {
  std::string text;
  for (const auto& [what, value] : ahoy::parse_command_line(verb, given).options)
    text += (text.empty() ? "" : " ") + std::string(what->name) + "=" + std::string(value);
  return text;
}

ahoy::error refused(ahoy::verb verb, const words& given) {
  try {
    static_cast<void>(ahoy::parse_command_line(verb, given));
  } catch (const ahoy::error& failure) {
    return failure;
  }
  ADD_FAILURE() << "not refused";
  return {std::error_code(), "", ""};
}

TEST(command_line, options_stand_anywhere) {
  const words given{"--hex", "a", "--timeout", "5s", "b", "--framing=nul"};
  EXPECT_EQ(options_in(ahoy::verb::send, given), "--hex= --timeout=5s --framing=nul");
  EXPECT_EQ(ahoy::parse_command_line(ahoy::verb::send, given).words, (words{"a", "b"}));
}

TEST(command_line, two_dashes_end_options) {
  const words given{"a", "--", "--hex", "--", "-v"};
  EXPECT_EQ(options_in(ahoy::verb::send, given), "");
  EXPECT_EQ(ahoy::parse_command_line(ahoy::verb::send, given).words, (words{"a", "--hex", "--", "-v"}));
}

TEST(command_line, letters_share_a_dash) {
  EXPECT_EQ(options_in(ahoy::verb::call, {"-4v6v"}), "-4= --verbose= -6= --verbose=");
  EXPECT_EQ(refused(ahoy::verb::call, {"-4x"}).code(), ahoy::usage_errc::unknown);
}

TEST(command_line, a_dash_alone_is_a_word) {
  EXPECT_EQ(ahoy::parse_command_line(ahoy::verb::send, words{"a", "-"}).words, (words{"a", "-"}));
}

TEST(command_line, exec_takes_the_rest_as_it_is) {
  const words given{"80", "--exec", "sh", "-c", "--", "--hex", "--exec", "--help"};
  const auto line = ahoy::parse_command_line(ahoy::verb::listen, given);
  EXPECT_EQ(line.exec, (words{"sh", "-c", "--", "--hex", "--exec", "--help"}));
  EXPECT_EQ(line.words, words{"80"});
  EXPECT_TRUE(line.options.empty());
  EXPECT_EQ(line.request, nullptr);
  EXPECT_EQ(ahoy::parse_command_line(ahoy::verb::listen, words{"--exec=cat", "-v"}).exec,
            (words{"cat", "-v"}));
}

TEST(command_line, exec_needs_a_program) {
  EXPECT_EQ(refused(ahoy::verb::listen, {"--exec"}).code(), ahoy::usage_errc::value_missing);
  EXPECT_EQ(refused(ahoy::verb::listen, {"--exec", ""}).code(), ahoy::usage_errc::value_missing);
  EXPECT_EQ(refused(ahoy::verb::listen, {"--exec="}).code(), ahoy::usage_errc::value_missing);
}

TEST(command_line, a_value_may_look_like_anything_after_an_equals_sign) {
  EXPECT_EQ(options_in(ahoy::verb::listen, {"--greeting=--hex"}), "--greeting=--hex");
  EXPECT_EQ(options_in(ahoy::verb::listen, {"--greeting=a=b"}), "--greeting=a=b");
  EXPECT_EQ(options_in(ahoy::verb::listen, {"--greeting="}), "--greeting=");
  EXPECT_EQ(options_in(ahoy::verb::listen, {"--greeting", "-5"}), "--greeting=-5");
}

TEST(command_line, an_option_is_no_value) {
  for (const auto* next : {"--hex", "--", "-v", "--timeout=5s"})
    EXPECT_EQ(refused(ahoy::verb::listen, {"--timeout", next}).code(), ahoy::usage_errc::value_missing)
        << next;
  EXPECT_EQ(refused(ahoy::verb::listen, {"--timeout"}).code(), ahoy::usage_errc::value_missing);
}

TEST(command_line, a_flag_takes_no_value) {
  EXPECT_EQ(refused(ahoy::verb::listen, {"--hex=1"}).code(), ahoy::usage_errc::value_unwanted);
  EXPECT_EQ(refused(ahoy::verb::listen, {"--hex="}).code(), ahoy::usage_errc::value_unwanted);
}

TEST(command_line, what_is_unknown_is_guessed) {
  const auto mistyped = refused(ahoy::verb::call, {"--frmaing=line"});
  EXPECT_EQ(mistyped.code(), ahoy::usage_errc::unknown);
  EXPECT_EQ(mistyped.hint(), "did you mean --framing? `ahoy help call` lists the options");
  EXPECT_STREQ(mistyped.what(), "option \"--frmaing\": unknown");
  EXPECT_EQ(refused(ahoy::verb::call, {"---"}).code(), ahoy::usage_errc::unknown);
  EXPECT_EQ(refused(ahoy::verb::call, {"--=x"}).code(), ahoy::usage_errc::unknown);
  EXPECT_EQ(refused(ahoy::verb::call, {"--Hex"}).code(), ahoy::usage_errc::unknown);
  EXPECT_EQ(refused(ahoy::verb::call, {"--tim"}).code(), ahoy::usage_errc::unknown);
}

TEST(command_line, another_verbs_option_is_named_as_such) {
  const auto wrong = refused(ahoy::verb::call, {"--confirm", "acked"});
  EXPECT_EQ(wrong.code(), ahoy::usage_errc::other_verb);
  EXPECT_NE(wrong.hint().find("it is an option of send"), std::string::npos);
}

TEST(command_line, a_request_ends_the_reading) {
  const auto line = ahoy::parse_command_line(ahoy::verb::call, words{"-v", "--help", "--nonsense"});
  ASSERT_NE(line.request, nullptr);
  EXPECT_EQ(line.request->name, "--help");
  EXPECT_EQ(refused(ahoy::verb::call, {"--nonsense", "--help"}).code(), ahoy::usage_errc::unknown);
}

}  // namespace
