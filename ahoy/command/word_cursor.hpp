#pragma once
#include <span>
#include <string_view>

namespace ahoy::inline v0 {

/// Goes through the words of a command line once, from left to right.
class word_cursor {
 public:
  explicit word_cursor(std::span<const std::string_view> words) noexcept : rest_{words} {}

  [[nodiscard]] bool is_at_end() const noexcept { return rest_.empty(); }
  /// Of what is not at its end.
  [[nodiscard]] std::string_view front() const { return rest_.front(); }
  std::string_view take() {
    const auto word = rest_.front();
    rest_ = rest_.subspan(1);
    return word;
  }
  template <typename Words>
  void take_all(Words& into) {
    into.insert(into.end(), rest_.begin(), rest_.end());
    rest_ = {};
  }

 private:
  std::span<const std::string_view> rest_;
};

}  // namespace ahoy::inline v0
