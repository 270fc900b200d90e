#include <ahoy/command/foreign_address.hpp>
#include <ahoy/command/foreign_option.hpp>
#include <ahoy/command/invocation.hpp>
#include <ahoy/error/error.hpp>

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

namespace {

using ahoy::verb;
using words = std::vector<std::string_view>;

/// The words of a line as a shell reads them, up to its redirections.
std::vector<std::string> words_of_line(std::string_view line) {
  std::vector<std::string> all{""};
  bool is_quoted = false;
  for (const char byte : line.substr(0, line.find(" <"))) {
    if (byte == '\'')
      is_quoted = !is_quoted;
    else if (byte == ' ' && !is_quoted)
      all.emplace_back();
    else
      all.back() += byte;
  }
  return all;
}

/// What ahoy itself says against the line that a hint ends with; empty where there is none, or it can be
/// typed.
std::string refusal_of(std::string_view hint) {
  const auto at = hint.find("ahoy ");
  if (at == hint.npos) return {};
  const auto all = words_of_line(hint.substr(at));
  if (all[1].starts_with("-")) return {};  // `ahoy --version prints the version`
  const words rest{all.begin() + 2, all.end()};
  try {
    static_cast<void>(ahoy::parse_invocation(ahoy::find_verb(all[1]).value(), rest));
  } catch (const ahoy::error& failure) {
    return std::string{hint} + ": " + failure.what();
  }
  return {};
}

const std::vector<std::string_view> values{"", "5", "0", "-1", "1.5", "x", "99999", "127.0.0.1", "a \"b\""};

TEST(foreign_line, of_an_option_can_be_typed) {
  ASSERT_FALSE(ahoy::foreign_spellings().empty());
  for (const auto& spelling : ahoy::foreign_spellings())
    for (const auto which : ahoy::all_verbs)
      for (const auto value : values) {
        const words given = which == verb::listen ? words{spelling, value, "8080"}
                                                  : words{spelling, value, "localhost", "8080"};
        EXPECT_EQ(refusal_of(ahoy::foreign_option(which, given, spelling)), "");
        const std::string joined = std::string{spelling} + (spelling.starts_with("--") ? "=" : "");
        const std::string whole = joined + std::string{value};
        EXPECT_EQ(refusal_of(ahoy::foreign_option(which, words{whole, "localhost"}, whole)), "");
        EXPECT_EQ(refusal_of(ahoy::line_for(which, given).value_or("")), "");
      }
}

TEST(foreign_line, of_every_option_is_told) {
  for (const auto& spelling : ahoy::foreign_spellings()) {
    const bool is_known = !ahoy::foreign_option(verb::call, words{spelling}, spelling).empty() ||
                          !ahoy::foreign_option(verb::listen, words{spelling}, spelling).empty();
    EXPECT_TRUE(is_known) << spelling;
  }
}

TEST(foreign_line, of_an_address_can_be_typed) {
  ASSERT_FALSE(ahoy::foreign_address_names().empty());
  int told = 0;
  for (const auto name : ahoy::foreign_address_names())
    for (const std::string at : {":80", ":a:80", ":127.0.0.1:80", ":[::1]:80", ":/tmp/x", ":a:0", ":99999"})
      for (const std::string option :
           {"", ",fork", ",bind=127.0.0.1", ",bind=x y", ",range=::1/128", ",range=x", ",connect-timeout=5",
            ",connect-timeout=0", ",sourceport=9", ",sourceport=99999", ",reuseaddr"}) {
        const std::string address = std::string{name}.append(at).append(option);
        for (const auto& given :
             {words{address}, words{address, "EXEC:cat"}, words{"TCP-LISTEN:9", address}}) {
          const auto line = ahoy::line_for_addresses(given);
          told += line ? 1 : 0;
          EXPECT_EQ(refusal_of(line.value_or("")), "") << address;
        }
      }
  EXPECT_GT(told, 100);
}

}  // namespace
