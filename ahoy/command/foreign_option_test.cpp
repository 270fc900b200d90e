#include <ahoy/command/foreign_option.hpp>
#include <ahoy/command/option_table.hpp>

#include <gtest/gtest.h>

#include <string>

namespace {

using ahoy::foreign_option;

TEST(foreign_option, is_known_by_every_spelling) {
  for (const auto* word : {"-p", "-p8080", "--port", "--port=8080", "-vp"})
    EXPECT_TRUE(foreign_option(word).starts_with("a port is a word")) << word;
  EXPECT_TRUE(foreign_option("-lu").starts_with("listening is a verb"));
  EXPECT_TRUE(foreign_option("--udp").starts_with("the scheme says so"));
}

TEST(foreign_option, is_nothing_else) {
  for (const auto* word : {"", "p", "port", "-", "--", "-x", "--nonsense", "--por"})
    EXPECT_EQ(foreign_option(word), "") << word;
}

TEST(foreign_option, is_none_of_ours) {
  for (const auto& row : ahoy::option_table()) {
    EXPECT_EQ(foreign_option(row.name), "") << row.name;
    EXPECT_EQ(foreign_option(row.letter), "") << row.letter;
  }
}

}  // namespace
