#pragma once
#include <ahoy/server/callers.hpp>
#include <ahoy/task/context.hpp>

#include <cstdint>
#include <unordered_map>
#include <vector>

namespace ahoy::inline v0 {

/// Finds callers that take nothing of what waits for them. It asks the kernel about the socket, so that it
/// does not matter who serves it, a worker or a program, nor in which call that is held up. Belongs to the
/// server's thread.
class stall_watch final : callers::follower {
 public:
  stall_watch(callers& all, duration limit) noexcept : follower{all}, limit_{limit} {}

  /// Looks at all who are here; to be called every so often (interval()). Who took no byte for the limit,
  /// and had something to take whenever it was looked at, has stalled. Of datagrams nothing waits; of a Unix
  /// socket that is at a worker nobody knows how much it has taken.
  [[nodiscard]] std::vector<callers::caller*> look(time_point now);
  /// So that nobody stays for longer than 1.25 times the limit.
  [[nodiscard]] duration interval() const noexcept;

 private:
  void forget(const callers::caller& gone) noexcept override { waiting_.erase(&gone); }
  struct seen {
    std::uint64_t taken;  // another number whenever some was
    time_point since;
  };
  duration limit_;
  std::unordered_map<const callers::caller*, seen> waiting_;  // those for whom something waits
};

/// "too slow: took nothing for 2m"
[[nodiscard]] std::string stalled_in_words(duration limit);

}  // namespace ahoy::inline v0
