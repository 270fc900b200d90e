#pragma once
#include <array>
#include <string>
#include <string_view>

namespace ahoy::inline v0 {

/// What a shell reads to complete the command's words.
struct completion {
  std::string_view shell;
  std::string (*script)();
};

/// bash, zsh and fish.
[[nodiscard]] const std::array<completion, 3>& completions() noexcept;

}  // namespace ahoy::inline v0
