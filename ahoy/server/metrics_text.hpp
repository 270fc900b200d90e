#pragma once
#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

namespace ahoy::inline v0 {

/// The text format of Prometheus, version 0.0.4: families one after the other, each with its samples.
class metrics_text {
 public:
  static constexpr std::string_view content_type = "text/plain; version=0.0.4; charset=utf-8";

  /// Begins a family; what follows are its samples.
  metrics_text& counter(std::string_view name, std::string_view help) {
    return family(name, help, "counter");
  }
  metrics_text& gauge(std::string_view name, std::string_view help) { return family(name, help, "gauge"); }
  metrics_text& sample(std::uint64_t value);
  /// With one label. Its value may be any text.
  metrics_text& sample(std::string_view label, std::string_view text, std::uint64_t value);
  /// In seconds: "12.500"
  metrics_text& sample(std::chrono::milliseconds value);
  /// Of a gauge that is 1, and says what it has to say in its labels.
  metrics_text& info(std::initializer_list<std::pair<std::string_view, std::string_view>> labels);

  [[nodiscard]] std::string take() && { return std::move(text_); }

 private:
  metrics_text& family(std::string_view name, std::string_view help, std::string_view type);

  std::string text_;
  std::string name_;
};

}  // namespace ahoy::inline v0
