#pragma once
#include <ahoy/task/context.hpp>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace ahoy::inline v0 {

/// How long many things took, in a fixed amount of memory however many they are: times are counted in steps,
/// of a nanosecond up to 127 ns, and from there on of at most 1/128 of the time itself.
class latencies {
 public:
  latencies();

  /// A time below zero counts as zero.
  void add(duration took) noexcept;

  [[nodiscard]] std::uint64_t count() const noexcept { return count_; }
  /// The longest; zero where there is none.
  [[nodiscard]] duration longest() const noexcept { return longest_; }
  /// The time that at least `share` of all (0.99 of them) took no longer than, by nearest rank, as the end of
  /// its step: never too short, and at most 1/128 too long. Zero where there is none.
  [[nodiscard]] duration quantile(double share) const noexcept;

 private:
  std::vector<std::uint64_t> steps_;
  std::uint64_t count_ = 0;
  duration longest_{};
};

}  // namespace ahoy::inline v0
