#pragma once
#include <ahoy/task/context.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace ahoy::inline v0 {

// Values as the command's options write them: what values.hpp reads back to the same value.

/// "500ms", "2s", "1m", "1.5s"; "none" for no_timeout. The largest unit that leaves a whole number, else
/// seconds with a fraction.
[[nodiscard]] std::string duration_text(duration length);

/// "64k", "1m", "100".
[[nodiscard]] std::string size_text(std::uint64_t bytes);

/// A word as a shell would read it back: in single quotes, where it needs any.
[[nodiscard]] std::string quoted_word(std::string_view word);

}  // namespace ahoy::inline v0
