#include <ahoy/server/capacity.hpp>

#include <sys/resource.h>

#include <algorithm>
#include <fstream>

namespace ahoy::inline v0 {

namespace {

/// Descriptors for everything but callers: the standard three, listeners, the engine's, those who are told
/// `busy`.
constexpr std::size_t descriptors_kept = 32;

/// Of a worker that is kept: the two ends of what it is told by, its engine's, and those of one caller.
constexpr std::size_t descriptors_of_worker = 7;

/// Beside the caller's own: a worker's bell and the handle of a process, or a copy to answer by, or the ends
/// of what is carried.
constexpr std::size_t descriptors_of_own_worker = 3;

std::size_t soft_limit(int of) noexcept {
  rlimit limit{};
  ::getrlimit(static_cast<__rlimit_resource>(of), &limit);
  return limit.rlim_cur;  // RLIM_INFINITY is the largest number
}

std::size_t number_in(const char* file) {
  std::size_t number = SIZE_MAX;
  std::ifstream{file} >> number;
  return number == 0 ? SIZE_MAX : number;  // unreadable
}

bool has_own_workers(const server_options& options) noexcept {
  return (options.model == model::process || options.model == model::thread) && options.workers == 0;
}

/// A loop has a copy of its callers' own.
std::size_t descriptors_of_caller(const server_options& options) noexcept {
  if (options.model == model::event) return options.workers > 1 ? 2 : 1;
  return has_own_workers(options) ? 1 + descriptors_of_own_worker : 1;
}

}  // namespace

system_limits limits_of_system() {
  system_limits found;
  found.descriptors = soft_limit(RLIMIT_NOFILE);
  found.processes = std::min({soft_limit(RLIMIT_NPROC), number_in("/proc/sys/kernel/threads-max"),
                              number_in("/proc/sys/kernel/pid_max")});
  return found;
}

std::size_t default_max_clients(const server_options& options, const system_limits& has) noexcept {
  const std::size_t kept = descriptors_kept + options.workers * descriptors_of_worker;
  const std::size_t left = has.descriptors > kept ? has.descriptors - kept : 0;
  std::size_t most = left / descriptors_of_caller(options);
  if (has_own_workers(options)) most = std::min({most, most_own_workers, has.processes / 2});
  return std::max<std::size_t>(most, 1);
}

}  // namespace ahoy::inline v0
