#pragma once
#include <ahoy/command/option_table.hpp>

#include <span>
#include <string_view>

namespace ahoy::inline v0 {

/// Something to paste into a shell.
struct example {
  ahoy::verb verb;
  std::string_view title;     ///< a line without a full stop
  std::string_view commands;  ///< lines, each ended by LF; a line that begins with # says where it is typed
};

[[nodiscard]] std::span<const example> all_examples() noexcept;

}  // namespace ahoy::inline v0
