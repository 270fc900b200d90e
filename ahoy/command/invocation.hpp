#pragma once
#include <ahoy/command/command_line.hpp>
#include <ahoy/command/options.hpp>

#include <span>
#include <string_view>
#include <variant>

namespace ahoy::inline v0 {

/// `ahoy call --help`.
struct help_request {
  verb of;
};
struct version_request {};

/// What the words after a verb ask for, every value read and checked against the others.
using invocation = std::variant<listen_options, call_options, send_options, bench_options, fetch_options,
                                upload_options, telnet_options, help_request, version_request>;

/// Opens and looks up nothing. Throws ahoy::error for what cannot be: whatever its cause, that is
/// status::usage.
[[nodiscard]] invocation parse_invocation(verb which, std::span<const std::string_view> words);

}  // namespace ahoy::inline v0
