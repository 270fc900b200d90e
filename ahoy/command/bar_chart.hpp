#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace ahoy::inline v0 {

/// One bar, or two: what was measured, and what it is to be compared with.
struct chart_bar {
  std::string name;
  double value;
  std::string text;          ///< the value as it is written beside the bar
  std::string_view against;  ///< text of the thing to compare with; empty: there is none
  double reference = 0;      ///< drawn to a scale of its own, since only the order of the two can be compared
};

/// A drawing of bars, lying, as an SVG file (SVG 1.1), whole. Negative values are drawn as none.
[[nodiscard]] std::string bar_chart(std::string_view title, std::string_view subtitle,
                                    const std::vector<chart_bar>& bars);

}  // namespace ahoy::inline v0
