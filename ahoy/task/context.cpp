#include <ahoy/task/context.hpp>

#include <algorithm>

namespace ahoy::inline v0 {

void waiter::enter(context& where) noexcept {
  next_ = where.waiters_;
  link_ = &where.waiters_;
  if (next_) next_->link_ = &next_;
  where.waiters_ = this;
}

void waiter::leave() noexcept {
  if (!link_) return;
  *link_ = next_;
  if (next_) next_->link_ = link_;
  link_ = nullptr;
}

context::context(context& parent, time_point deadline) noexcept
    : deadline_{std::min(parent.deadline_, deadline)}, stopped_{parent.stopped_} {
  enter(parent);
}

void context::stop() noexcept {
  stopped_ = true;
  while (waiters_) {
    waiter* first = waiters_;
    first->leave();
    first->cancel();
  }
}

}  // namespace ahoy::inline v0
