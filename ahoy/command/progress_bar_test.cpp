#include <ahoy/command/progress_bar.hpp>

#include <gtest/gtest.h>

namespace {

TEST(progress_bar, shows_how_far) {
  EXPECT_EQ(ahoy::bar_text("x", 0, 80), "[                              ]   0% x");
  EXPECT_EQ(ahoy::bar_text("x", 0.5, 80), "[===============               ]  50% x");
  EXPECT_EQ(ahoy::bar_text("x", 1, 80), "[==============================] 100% x");
}

TEST(progress_bar, stays_within_its_bounds) {
  EXPECT_EQ(ahoy::bar_text("x", 7, 80), ahoy::bar_text("x", 1, 80));
  EXPECT_EQ(ahoy::bar_text("x", -1, 80), ahoy::bar_text("x", 0, 80));
  EXPECT_EQ(ahoy::bar_text("x", 1, 5), "[====");
}

}  // namespace
