#include <ahoy/command/curl_option.hpp>

#include <gtest/gtest.h>

namespace {

using ahoy::curl_option;
using ahoy::verb;
using words = std::vector<std::string_view>;

const words fetched{"http://localhost/"};

TEST(curl_option, is_told_by_ours_of_fetch_and_of_send_to_a_url) {
  EXPECT_EQ(curl_option(verb::fetch, fetched, "-ofile"), "curl's -o is --output FILE");
  EXPECT_EQ(curl_option(verb::fetch, {}, "--max-time=5"), "curl's --max-time is --timeout DURATION");
  EXPECT_NE(curl_option(verb::send, fetched, "-T"), "");
  EXPECT_EQ(curl_option(verb::send, words{"localhost", "80"}, "-u"), "");
  EXPECT_EQ(curl_option(verb::call, fetched, "-o"), "");
  EXPECT_EQ(curl_option(verb::fetch, fetched, "--nonsense"), "");
}

TEST(curl_option, names_options_that_are_ours_and_of_fetch_or_send) {
  ASSERT_FALSE(ahoy::curl_rows().empty());
  for (const auto& row : ahoy::curl_rows()) {
    if (!row.ours.starts_with("--")) continue;
    const auto name = row.ours.substr(0, row.ours.find_first_of(" ,;"));
    const auto* own = ahoy::find_option(name);
    ASSERT_NE(own, nullptr) << row.ours;
    EXPECT_TRUE(own->is_of(verb::fetch) || own->is_of(verb::send)) << row.ours;
  }
}

TEST(curl_option, is_none_that_is_ours) {
  for (const auto& row : ahoy::curl_rows())
    for (const auto spelling : ahoy::words_of(row.spellings)) {
      const auto* own = ahoy::find_option(spelling);
      EXPECT_TRUE(own == nullptr || !own->is_of(verb::fetch)) << spelling;
    }
}

}  // namespace
