#pragma once
#include <ahoy/socket/fd.hpp>

#include <sys/types.h>

namespace ahoy::inline v0 {

/// A descriptor of a process, close-on-exec, which is readable once that has ended (pidfd_open(2)). Owns
/// nothing where it fails; errno says why: ESRCH where it has ended already and was reaped.
[[nodiscard]] fd open_process(pid_t number) noexcept;
/// By its descriptor, since its number may be another's where it was reaped by somebody else; by its number
/// where there is none (-1).
void signal_process(int handle, pid_t number, int signal) noexcept;

}  // namespace ahoy::inline v0
