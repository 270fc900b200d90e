#include <ahoy/server/metrics_text.hpp>

#include <fmt/format.h>

namespace ahoy::inline v0 {

namespace {

std::string escaped_label(std::string_view text) {
  std::string out;
  for (const char byte : text) {
    if (byte == '\\' || byte == '"') out += '\\';
    out += byte == '\n' ? std::string{"\\n"} : std::string(1, byte);
  }
  return out;
}

}  // namespace

metrics_text& metrics_text::family(std::string_view name, std::string_view help, std::string_view type) {
  name_ = name;
  text_ += fmt::format("# HELP {0} {1}\n# TYPE {0} {2}\n", name, help, type);
  return *this;
}

metrics_text& metrics_text::sample(std::uint64_t value) {
  text_ += fmt::format("{} {}\n", name_, value);
  return *this;
}

metrics_text& metrics_text::sample(std::string_view label, std::string_view text, std::uint64_t value) {
  text_ += fmt::format("{}{{{}=\"{}\"}} {}\n", name_, label, escaped_label(text), value);
  return *this;
}

metrics_text& metrics_text::sample(std::chrono::milliseconds value) {
  text_ += fmt::format("{} {}.{:03}\n", name_, value.count() / 1000, value.count() % 1000);
  return *this;
}

metrics_text& metrics_text::info(
    std::initializer_list<std::pair<std::string_view, std::string_view>> labels) {
  std::string all;
  for (const auto& [label, text] : labels)
    all += fmt::format("{}{}=\"{}\"", all.empty() ? "" : ",", label, escaped_label(text));
  text_ += fmt::format("{}{{{}}} 1\n", name_, all);
  return *this;
}

}  // namespace ahoy::inline v0
