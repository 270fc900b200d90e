#pragma once
#include <string_view>

namespace ahoy::inline v0 {

/// What does here what an option of nc, ncat or socat does there: the next step for who typed it. `word` is
/// as it was typed: "-p", "-lu", "-p8080", "--udp". Empty where it is none of theirs.
[[nodiscard]] std::string_view foreign_option(std::string_view word) noexcept;

}  // namespace ahoy::inline v0
