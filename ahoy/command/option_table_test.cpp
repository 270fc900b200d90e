#include <ahoy/command/option_table.hpp>
#include <ahoy/command/settings.hpp>

#include <gtest/gtest.h>

#include <set>
#include <string_view>

namespace {

TEST(option_table, each_option_has_a_setting) {
  for (const auto& row : ahoy::option_table()) EXPECT_TRUE(has_setting(row)) << row.name;
}

TEST(option_table, no_spelling_stands_twice) {
  std::set<std::string_view> seen;
  for (const auto& row : ahoy::option_table()) {
    EXPECT_TRUE(seen.insert(row.name).second) << row.name;
    EXPECT_TRUE(row.letter.empty() || seen.insert(row.letter).second) << row.letter;
  }
}

TEST(option_table, rows_are_whole) {
  for (const auto& row : ahoy::option_table()) {
    EXPECT_EQ(row.has_value(), !row.value.empty()) << row.name;
    EXPECT_FALSE(row.summary.empty()) << row.name;
    EXPECT_FALSE(row.summary.ends_with('.')) << row.name;
    EXPECT_TRUE(row.details.empty() || row.details.ends_with('.')) << row.name;
    EXPECT_EQ(row.kind == ahoy::value_kind::choice || row.kind == ahoy::value_kind::after_eof,
              !row.choices.empty())
        << row.name;
    for (const auto name : ahoy::words_of(row.verbs)) EXPECT_TRUE(ahoy::find_verb(name)) << row.name;
  }
}

// A letter with a value could not share its dash.
TEST(option_table, letters_take_no_value) {
  for (const auto& row : ahoy::option_table())
    EXPECT_FALSE((!row.letter.empty() || row.name.size() == 2) && row.has_value()) << row.name;
}

TEST(option_table, finds_by_either_spelling) {
  EXPECT_EQ(ahoy::find_option("-v"), ahoy::find_option("--verbose"));
  EXPECT_NE(ahoy::find_option("-4"), nullptr);
  EXPECT_EQ(ahoy::find_option(""), nullptr);
  EXPECT_EQ(ahoy::find_option("--verb"), nullptr);
}

TEST(option_table, cuts_words) {
  EXPECT_EQ(ahoy::words_of("a  bc "), (std::vector<std::string_view>{"a", "bc"}));
  EXPECT_TRUE(ahoy::words_of("").empty());
}

}  // namespace
