#include <ahoy/command/latencies.hpp>

#include <algorithm>
#include <bit>
#include <cmath>

namespace ahoy::inline v0 {
namespace {

// Each power of two is cut into as many steps as the numbers below `fine` are: floating point, in integers.
constexpr unsigned fine_bits = 7;
constexpr std::uint64_t fine = 1U << fine_bits;
constexpr std::size_t all_steps = (64 - fine_bits) * fine;

std::size_t step_of(std::uint64_t value) noexcept {
  if (value < fine) return value;
  const auto exponent = static_cast<unsigned>(std::bit_width(value)) - fine_bits - 1;
  return (exponent + 1) * fine + ((value >> exponent) - fine);
}

std::uint64_t end_of_step(std::size_t step) noexcept {
  if (step < fine) return step;
  const auto exponent = step / fine - 1;
  return ((fine + step % fine + 1) << exponent) - 1;
}

}  // namespace

latencies::latencies() : steps_(all_steps) {}

void latencies::add(duration took) noexcept {
  const auto value = std::max(took, duration::zero());
  ++steps_[step_of(static_cast<std::uint64_t>(value.count()))];
  ++count_;
  longest_ = std::max(longest_, value);
}

duration latencies::quantile(double share) const noexcept {
  const auto rank = static_cast<std::uint64_t>(std::ceil(share * static_cast<double>(count_)));
  const auto wanted = std::clamp<std::uint64_t>(rank, std::min<std::uint64_t>(1, count_), count_);
  std::uint64_t passed = 0;
  for (std::size_t step = 0; step < all_steps && count_ != 0; ++step) {
    passed += steps_[step];
    if (passed < wanted) continue;
    return std::min(longest_, duration{static_cast<duration::rep>(end_of_step(step))});
  }
  return duration::zero();
}

}  // namespace ahoy::inline v0
