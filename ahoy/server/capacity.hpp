#pragma once
#include <ahoy/server/options.hpp>

#include <cstddef>

namespace ahoy::inline v0 {

/// What the system lets a server have.
struct system_limits {
  std::size_t descriptors = 0;  ///< of this process: the soft RLIMIT_NOFILE
  std::size_t processes = 0;  ///< and threads: the least of RLIMIT_NPROC, kernel.threads-max, kernel.pid_max
};
[[nodiscard]] system_limits limits_of_system();

/// No more processes or threads than this are made for callers, one each, unless it is asked for: each takes
/// memory, be it idle, and a scheduler's time.
constexpr std::size_t most_own_workers = 1024;

/// How many callers a server admits that was told no number, at least one: as many as there are descriptors
/// for, less 32 for everything else. Where each caller has a process or a thread of its own, also no more
/// than most_own_workers, nor than half of what the system has: others need some, too.
[[nodiscard]] std::size_t default_max_clients(const server_options& options,
                                              const system_limits& has) noexcept;

}  // namespace ahoy::inline v0
