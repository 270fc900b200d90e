#pragma once
#include <span>
#include <string_view>

namespace ahoy::inline v0 {

/// This process becomes `ahoy-tls`, with the same words. Throws error where that is not installed.
[[noreturn]] void become_tls_program(std::span<const std::string_view> words);

}  // namespace ahoy::inline v0
