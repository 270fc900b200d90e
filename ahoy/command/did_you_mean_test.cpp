#include <ahoy/command/did_you_mean.hpp>

#include <gtest/gtest.h>

#include <array>
#include <string>

namespace {

using ahoy::did_you_mean;
using namespace std::string_view_literals;

constexpr std::array verbs{"listen"sv, "call"sv,  "send"sv, "fetch"sv,
                           "bench"sv,  "watch"sv, "help"sv, "examples"sv};
constexpr std::array options{"--connect-timeout"sv,
                             "--timeout"sv,
                             "--idle-timeout"sv,
                             "--confirm"sv,
                             "--after-eof"sv,
                             "--hex"sv,
                             "--json"sv,
                             "-v"sv,
                             "-4"sv,
                             "-6"sv};

TEST(did_you_mean, knows_a_slip) {
  for (auto word : {"lisen", "listne", "lsiten", "listenn", "lusten", "LISTEN", "Listen", "listen"})
    EXPECT_EQ(did_you_mean(word, verbs), "listen") << word;
  EXPECT_EQ(did_you_mean("sned", verbs), "send");
  EXPECT_EQ(did_you_mean("cal", verbs), "call");
  EXPECT_EQ(did_you_mean("--timout", options), "--timeout");
  EXPECT_EQ(did_you_mean("--tiemout", options), "--timeout");
  EXPECT_EQ(did_you_mean("-timeout", options), "--timeout");
  EXPECT_EQ(did_you_mean("--jsno", options), "--json");
  EXPECT_EQ(did_you_mean("--connect_timeout", options), "--connect-timeout");
}

TEST(did_you_mean, takes_the_nearest_then_the_first) {
  constexpr std::array known{"bench"sv, "beach"sv, "peach"sv};
  EXPECT_EQ(did_you_mean("peech", known), "peach");
  EXPECT_EQ(did_you_mean("beech", known), "bench");
  EXPECT_EQ(did_you_mean("be.ch", known), "bench");
}

TEST(did_you_mean, completes_what_can_be_one_word_alone) {
  EXPECT_EQ(did_you_mean("--conf", options), "--confirm");
  EXPECT_EQ(did_you_mean("--con", options), std::nullopt);
  EXPECT_EQ(did_you_mean("ex", verbs), "examples");
}

TEST(did_you_mean, does_not_guess_wildly) {
  for (auto word : {"", "x", "l", "bull", "serve", "localhost", "relay", "23456"})
    EXPECT_EQ(did_you_mean(word, verbs), std::nullopt) << word;
  for (auto word : {"--", "-", "-x", "--x", "--zebra", "--no"})
    EXPECT_EQ(did_you_mean(word, options), std::nullopt) << word;
  EXPECT_EQ(did_you_mean("listen", {}), std::nullopt);
}

TEST(did_you_mean, does_not_care_how_long_the_word_is) {
  EXPECT_EQ(did_you_mean(std::string(10'000'000, 'l'), verbs), std::nullopt);
}

}  // namespace
