#pragma once

namespace ahoy::inline v0 {

/// Raises the soft limit of open descriptors (RLIMIT_NOFILE) to the hard one, which is what a listener with
/// many callers needs. Remembers what it was: a program that uses select() breaks on numbers of 1024 and
/// above.
void raise_descriptor_limit() noexcept;

/// Gives back the soft limit that raise_descriptor_limit() found. For a child between fork and exec:
/// async-signal-safe.
void restore_descriptor_limit() noexcept;

}  // namespace ahoy::inline v0
