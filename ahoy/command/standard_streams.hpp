#pragma once
#include <ahoy/error/error.hpp>

#include <string>
#include <string_view>
#include <system_error>

namespace ahoy::inline v0 {

/// First of all: where descriptor 0, 1 or 2 is closed, /dev/null takes its place, so that no socket ever gets
/// that number and is taken for a standard stream. A closed standard input is then at its end; a closed
/// standard output fails with EBADF when it is written to.
void open_standard_streams() noexcept;

/// As open_standard_streams() found them.
[[nodiscard]] bool stdin_was_closed() noexcept;
[[nodiscard]] bool stdout_was_closed() noexcept;

/// Writes all of it, waiting where the other side is slow. Throws output_error().
void write_to_stdout(std::string_view bytes);
/// As write_to_stdout, but there is nobody left to tell of a failure.
void write_to_stderr(std::string_view bytes) noexcept;

/// What a verb throws when its own output or input failed: the verbs and addresses that status_of knows.
[[nodiscard]] error output_error(int errno_value);
[[nodiscard]] error input_error(int errno_value);
[[nodiscard]] error input_error(std::error_code cause, const std::string& hint);
[[nodiscard]] bool is_output_error(const error& failure) noexcept;
[[nodiscard]] bool is_input_error(const error& failure) noexcept;
/// Whether nobody reads our output any more: the command then ends as SIGPIPE would end it.
[[nodiscard]] bool is_closed_output(const error& failure) noexcept;

}  // namespace ahoy::inline v0
