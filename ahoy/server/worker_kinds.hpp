#pragma once
#include <ahoy/server/worker_pool.hpp>

namespace ahoy::inline v0 {

/// Starts a worker at the end of a wire; the other end is its server's. Throws error where the system has no
/// more threads or processes. `how` must outlive it.
std::unique_ptr<worker> start_thread(fd wire, handler& how, engine_choice on);
/// The process has a copy of the handler, as it is now, and of all descriptors those that are `kept`. `by`
/// waits for its end.
std::unique_ptr<worker> start_process(engine& by, fd wire, handler& how, std::vector<int> kept);

/// The descriptors of this process, in order.
[[nodiscard]] std::vector<int> open_descriptors();

}  // namespace ahoy::inline v0
