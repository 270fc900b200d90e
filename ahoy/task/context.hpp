#pragma once
#include <chrono>

namespace ahoy::inline v0 {

using clock = std::chrono::steady_clock;
using duration = clock::duration;
using time_point = clock::time_point;

/// A wait without a deadline.
inline constexpr time_point no_deadline = time_point::max();
/// A wait without a limit of its own.
inline constexpr duration no_timeout = duration::max();

/// `base + length`, held at no_deadline where the sum would overflow.
[[nodiscard]] constexpr time_point deadline_after(time_point base, duration length) noexcept {
  return length >= no_deadline - base ? no_deadline : base + length;
}

class context;

/// Something suspended that its context can end early. Belongs to one thread, as its context does.
class waiter {
 public:
  waiter() = default;
  waiter(const waiter&) = delete;
  waiter& operator=(const waiter&) = delete;

  /// Asks the wait to end. Must not resume anything inside the call; the engine does that later.
  virtual void cancel() noexcept = 0;

 protected:
  ~waiter() { leave(); }
  void enter(context& where) noexcept;
  void leave() noexcept {
    if (!link_) return;
    *link_ = next_;
    if (next_) next_->link_ = link_;
    link_ = nullptr;
  }

  waiter* next_ = nullptr;  // while in no context it serves whoever derives from this

 private:
  friend class context;
  waiter** link_ = nullptr;  // what points at us; null while in no context
};

/// What a task inherits from whoever awaits it: when to stop, and by when to be done.
/// A context stops with its parent. It belongs to the thread that runs its tasks.
class context : private waiter {
 public:
  context() = default;
  /// The deadline is the earlier one of the parent's and this one. `parent` must outlive this context.
  explicit context(context& parent, time_point deadline = no_deadline) noexcept;
  virtual ~context() = default;

  /// Every wait below this context, now or later, ends with operation_canceled. Idempotent.
  void stop() noexcept;
  [[nodiscard]] bool stopped() const noexcept { return stopped_; }
  [[nodiscard]] time_point deadline() const noexcept { return deadline_; }

 private:
  friend class waiter;
  void cancel() noexcept override { stop(); }

  waiter* waiters_ = nullptr;
  time_point deadline_ = no_deadline;
  bool stopped_ = false;
};

inline void waiter::enter(context& where) noexcept {
  next_ = where.waiters_;
  link_ = &where.waiters_;
  if (next_) next_->link_ = &next_;
  where.waiters_ = this;
}

}  // namespace ahoy::inline v0
