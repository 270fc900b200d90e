#pragma once
#include <ahoy/engine/engine.hpp>

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace ahoy::inline v0 {

/// A thread or a process that serves callers, as its server sees it.
class worker {
 public:
  virtual ~worker() = default;
  /// Waits for its end, which is near: its wire has ended, or it has said so. How that was, in words; empty
  /// where it was as it should be. May be stopped, and called again.
  virtual task<std::string> reap() = 0;
  /// Whether it has ended by now; waits for nothing.
  [[nodiscard]] virtual bool has_ended() noexcept { return false; }
  /// Makes an end of one that does not end by itself, where that can be done.
  virtual void kill() noexcept {}
};

/// Of a thread; a handler's frames are on it, too.
constexpr std::size_t stack_of_thread = std::size_t{1} << 20;

/// Throws error where the system has no more threads.
std::unique_ptr<worker> start_thread(std::function<void()> live);

/// What a process is started with that is the same for all.
struct start_of_process {
  /// As of now: of its parent's descriptors those are kept that are open, and signals lose handlers that are
  /// there.
  start_of_process();
  std::vector<int> kept;    ///< in order
  std::vector<int> caught;  ///< signals
};

/// Nobody will know how a child ended: whoever made SIGCHLD ignored has them reaped unseen (waitpid(2)).
[[nodiscard]] bool children_vanish() noexcept;

/// A process that has a copy of everything as it is now, but of descriptors only those that are kept, and
/// `own`, which are in order; it ends when `live` returns. `by` waits for its end. Throws error where the
/// system has no more.
std::unique_ptr<worker> start_process(engine& by, const start_of_process& as, std::span<const int> own,
                                      const std::function<void()>& live);

/// The descriptors of this process, in order.
[[nodiscard]] std::vector<int> open_descriptors();

}  // namespace ahoy::inline v0
