#pragma once
#include <ahoy/engine/engine.hpp>

namespace ahoy::inline v0 {

/// `co_await backoff{engine};`: a pause before that is tried again which failed for want of memory or
/// descriptors, and may do so for long. Tried again at once it would hold up everybody, also those who would
/// give some back. It needs no memory but a timer's place; where there is none even for that, the thread
/// stands still for a moment, and then the others have their turn. Throws operation_canceled as a sleep does.
class backoff : public engine::sleep_awaiter {
 public:
  /// No longer: what frees something may be another process, of which nobody tells us.
  static constexpr duration length = std::chrono::milliseconds{100};
  explicit backoff(ahoy::engine& by) noexcept : sleep_awaiter{by, length} {}

 private:
  bool submit() override;
};

}  // namespace ahoy::inline v0
