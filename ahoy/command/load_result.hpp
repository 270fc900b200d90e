#pragma once
#include <ahoy/command/latencies.hpp>
#include <ahoy/error/error.hpp>

#include <cstdint>
#include <optional>

namespace ahoy::inline v0 {

/// What a load came to.
struct load_result {
  latencies times;  ///< of each exchange, or of each connection that was opened, used and closed
  std::uint64_t errors = 0;
  std::optional<error> failure;  ///< the first of them
  duration took{};               ///< without the time in which the first connections were made

  void fail(const error& why);
  [[nodiscard]] double rate() const noexcept;
};

}  // namespace ahoy::inline v0
