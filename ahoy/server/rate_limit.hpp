#pragma once
#include <ahoy/task/context.hpp>

#include <algorithm>
#include <cstdint>
#include <utility>

namespace ahoy::inline v0 {

/// What strangers can bring about as often as they like must not fill a log: the first ones are told one by
/// one, and then something is told once a second, which is how many there were that nobody named.
class rate_limit {
 public:
  static constexpr std::uint64_t told_at_once = 32;
  static constexpr duration interval = std::chrono::seconds{1};

  /// Whether this one may be told; one that may not is counted.
  bool allows(time_point now) noexcept {
    refill(now);
    const bool allowed = untold_ == 0 && left_ > 0;
    allowed ? --left_ : ++untold_;
    return allowed;
  }
  /// The same for who keeps the number himself: one that may not be told is added to `missed`, and keeps no
  /// later one from being told.
  bool allows(time_point now, std::uint64_t& missed) noexcept {
    const bool allowed = allows(now);
    if (!allowed) missed += take_untold(now);
    return allowed;
  }
  [[nodiscard]] std::uint64_t untold() const noexcept { return untold_; }
  /// How many were counted since the last time; telling that counts as telling one.
  std::uint64_t take_untold(time_point now) noexcept {
    refill(now);
    if (untold_ > 0 && left_ > 0) --left_;
    return std::exchange(untold_, 0);
  }

 private:
  void refill(time_point now) noexcept {
    const std::int64_t passed = (now - since_) / interval;
    left_ = std::min(told_at_once, left_ + static_cast<std::uint64_t>(passed));
    since_ += interval * passed;
  }

  std::uint64_t left_ = told_at_once;
  std::uint64_t untold_ = 0;
  time_point since_{};
};

}  // namespace ahoy::inline v0
