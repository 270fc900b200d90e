#include <ahoy/engine/timer_heap.hpp>

namespace ahoy::inline v0 {

namespace {

/// So many that are not used any more cost nothing worth a sweep.
constexpr std::size_t few = 64;

}  // namespace

void timer_heap::place(const entry& what, std::size_t at) noexcept {
  heap_[at] = what;
  if (what.timed) what.timed->timer_index_ = static_cast<std::uint32_t>(at + 1);
}

void timer_heap::unuse(operation& timed) noexcept {
  heap_[timed.timer_index_ - 1].timed = nullptr;
  timed.timer_index_ = 0;
  if (--used_ == 0)
    heap_.clear();
  else if (heap_.size() > 2 * used_ + few)
    sweep();
}

operation* timer_heap::take_due(time_point now) noexcept {
  while (earliest() <= now && !heap_.empty()) {
    operation* const first = heap_.front().timed;
    drop_first();
    if (!first) continue;
    first->timer_index_ = 0;
    if (--used_ == 0) heap_.clear();
    return first;
  }
  return nullptr;
}

void timer_heap::drop_first() noexcept {
  heap_.front() = heap_.back();
  heap_.pop_back();
  if (!heap_.empty()) sink(0);
}

/// As many were removed as are looked at here.
void timer_heap::sweep() noexcept {
  std::erase_if(heap_, [](const entry& each) { return !each.timed; });
  for (std::size_t at = heap_.size(); at-- > 0;) sink(at);
}

void timer_heap::rise(std::size_t at) noexcept {
  const entry rising = heap_[at];
  while (at > 0) {
    const std::size_t parent = (at - 1) / 2;
    if (heap_[parent].due <= rising.due) break;
    place(heap_[parent], at);
    at = parent;
  }
  place(rising, at);
}

void timer_heap::sink(std::size_t at) noexcept {
  const entry sinking = heap_[at];
  for (std::size_t child = 2 * at + 1; child < heap_.size(); child = 2 * at + 1) {
    if (child + 1 < heap_.size() && heap_[child + 1].due < heap_[child].due) ++child;
    if (sinking.due <= heap_[child].due) break;
    place(heap_[child], at);
    at = child;
  }
  place(sinking, at);
}

}  // namespace ahoy::inline v0
