#include <ahoy/command/bar_chart.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace ahoy::inline v0 {
namespace {

// In pixels of the drawing.
constexpr int left = 190;
constexpr int longest = 420;
constexpr int row_height = 46;
constexpr int head = 64;
constexpr int width = left + longest + 190;

std::string xml(std::string_view text) {
  std::string escaped;
  for (const char byte : text) {
    if (byte == '&')
      escaped += "&amp;";
    else if (byte == '<')
      escaped += "&lt;";
    else if (byte == '>')
      escaped += "&gt;";
    else
      escaped += byte;
  }
  return escaped;
}

double longest_of(const std::vector<chart_bar>& bars, double chart_bar::* member) {
  double most = 0;
  for (const chart_bar& each : bars) most = std::max(most, each.*member);
  return most;
}

std::string bar(int top, int height, double value, double most, std::string_view colour,
                std::string_view text) {
  const double length = most > 0 ? std::max(0.0, value) / most * longest : 0;
  return fmt::format(
      "<rect x=\"{}\" y=\"{}\" width=\"{:.1f}\" height=\"{}\" fill=\"{}\"/>\n"
      "<text x=\"{:.1f}\" y=\"{}\" class=\"value\">{}</text>\n",
      left, top, length, height, colour, left + length + 6, top + height - 3, xml(text));
}

}  // namespace

std::string bar_chart(std::string_view title, std::string_view subtitle, const std::vector<chart_bar>& bars) {
  const double most = longest_of(bars, &chart_bar::value);
  const double most_reference = longest_of(bars, &chart_bar::reference);
  const int height = head + row_height * static_cast<int>(bars.size()) + 16;
  std::string text = fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{0}\" height=\"{1}\" viewBox=\"0 0 {0} {1}\" "
      "font-family=\"sans-serif\" font-size=\"14\">\n"
      "<style>.value {{ font-size: 12px; fill: #444 }}</style>\n"
      "<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n"
      "<text x=\"16\" y=\"26\" font-size=\"17\">{2}</text>\n"
      "<text x=\"16\" y=\"46\" class=\"value\">{3}</text>\n",
      width, height, xml(title), xml(subtitle));
  int top = head;
  for (const chart_bar& each : bars) {
    text += fmt::format("<text x=\"{}\" y=\"{}\" text-anchor=\"end\">{}</text>\n", left - 10, top + 15,
                        xml(each.name));
    text += bar(top, 18, each.value, most, "#2b6cb0", each.text);
    if (!each.against.empty())
      text += bar(top + 20, 14, each.reference, most_reference, "#cbd5e0", each.against);
    top += row_height;
  }
  return text + "</svg>\n";
}

}  // namespace ahoy::inline v0
