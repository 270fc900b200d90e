#pragma once
#include <ahoy/error/error.hpp>

#include <span>
#include <string>
#include <string_view>

namespace ahoy::inline v0 {

/// How the command exits: curl's numbers where curl has the cause. Scripts depend on them; none changes its
/// meaning.
enum class status : int {
  done = 0,
  fault = 1,  ///< ours: a bug, no memory
  usage = 2,
  host_not_found = 6,
  not_connected = 7,  ///< refused, unreachable
  protocol_broken = 8,
  not_confirmed = 18,  ///< not all of what we sent; for `send` whatever errno said, once anything was sent
  refused = 22,        ///< by the server, in its protocol's words
  output_failed = 23,
  input_failed = 26,
  timed_out = 28,
  tls_failed = 35,
  local_address = 45,   ///< not usable
  send_failed = 55,     ///< and nothing was sent
  receive_failed = 56,  ///< or cut short
  not_trusted = 60,     ///< the certificate
  too_long = 63,
  login_refused = 67,
  not_there = 78,
};

[[nodiscard]] constexpr int to_integer(status value) noexcept { return static_cast<int>(value); }

/// One row of the manual: a status that this version's verbs can end with, and what it tells.
struct status_meaning {
  status value;
  std::string_view meaning;
};
[[nodiscard]] std::span<const status_meaning> status_meanings() noexcept;

/// The status of a verb that ended with this error. Who knows more than the error does (`send`, once anything
/// was sent) returns its own.
[[nodiscard]] status status_of(const error& failure) noexcept;

/// The text of report(): `ahoy: connect to [::1]:23456: connection refused`, and the hint in a second line.
[[nodiscard]] std::string report_text(const error& failure);

/// Writes report_text to standard error, at once and whole.
void report(const error& failure) noexcept;

}  // namespace ahoy::inline v0
