#pragma once

namespace ahoy::inline v0 {

/// From here on a pipe or socket that nobody reads is an error of write, not the end of the process.
/// Remembers what was inherited.
void ignore_sigpipe() noexcept;

/// Gives back what ignore_sigpipe() found. In a child between fork and exec too: async-signal-safe.
void restore_sigpipe() noexcept;

/// Ends this process as the signal does by default, so that a shell sees 128 + signal; whatever the
/// disposition and the mask are now. Call it after everything was put away: nothing is unwound.
[[noreturn]] void end_by_signal(int signal) noexcept;

/// Stops this process as SIGTSTP does by default, and returns when it goes on; at once where the kernel stops
/// nobody, since no shell would let it go on. The signal's disposition is then the default one.
/// Async-signal-safe.
void stop_by_signal() noexcept;

}  // namespace ahoy::inline v0
