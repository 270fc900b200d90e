#pragma once
#include <ahoy/command/command_line.hpp>
#include <ahoy/command/options.hpp>

#include <optional>
#include <string_view>

namespace ahoy::inline v0 {

/// The values of all options, whichever verb they belong to; what was not given has its default.
struct settings {
  listen_options listen;  ///< with what is common to all verbs
  bench_options bench;    ///< its own alone
  fetch_options fetch;    ///< its own alone, with what upload and telnet share with it
  upload_options upload;  ///< its own alone
  std::optional<confirmation> confirm;
  bool inet = false;   // -4
  bool inet6 = false;  // -6
};

/// Reads the values, the later of two holding where it is no list. Throws ahoy::error: malformed,
/// out_of_range, usage_errc::not_yet.
[[nodiscard]] settings read_settings(const command_line& line);

/// Whether read_settings knows what to do with an option: it does for every row of the table.
[[nodiscard]] bool has_setting(const option& row) noexcept;

[[nodiscard]] std::string_view to_string(confirmation which) noexcept;

}  // namespace ahoy::inline v0
