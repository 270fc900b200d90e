#include <ahoy/task/context.hpp>

#include <algorithm>

namespace ahoy::inline v0 {

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
