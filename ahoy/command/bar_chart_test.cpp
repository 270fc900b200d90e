#include <ahoy/command/bar_chart.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using testing::HasSubstr;
using testing::Not;

TEST(bar_chart, draws_to_the_longest) {
  const auto drawing = ahoy::bar_chart("t", "s", {{"half", 1, "1 s", ""}, {"whole", 2, "2 s", ""}});
  EXPECT_THAT(drawing, HasSubstr("width=\"210.0\""));
  EXPECT_THAT(drawing, HasSubstr("width=\"420.0\""));
  EXPECT_THAT(drawing, HasSubstr(">2 s</text>"));
}

TEST(bar_chart, draws_references_to_a_scale_of_their_own) {
  const auto drawing = ahoy::bar_chart("t", "s", {{"a", 1, "", "20 s", 20}, {"b", 2, "", "5 s", 5}});
  EXPECT_THAT(drawing, HasSubstr("width=\"105.0\""));
}

TEST(bar_chart, draws_nothing_below_zero) {
  const auto drawing = ahoy::bar_chart("t", "s", {{"a", -1, "-1 s", ""}, {"b", 0, "0 s", ""}});
  EXPECT_THAT(drawing, Not(HasSubstr("width=\"-")));
  EXPECT_THAT(drawing, HasSubstr("-1 s"));
}

TEST(bar_chart, escapes) {
  const auto drawing = ahoy::bar_chart("<a> & b", "", {});
  EXPECT_THAT(drawing, HasSubstr("&lt;a&gt; &amp; b"));
}

}  // namespace
