#include <ahoy/engine/timer_heap.hpp>

namespace ahoy::inline v0 {

void timer_heap::place(operation* timed, std::size_t at) noexcept {
  heap_[at] = timed;
  timed->timer_index_ = static_cast<std::uint32_t>(at + 1);
}

void timer_heap::insert(operation& timed, time_point due) {
  timed.due_ = due;
  heap_.push_back(&timed);
  place(&timed, heap_.size() - 1);
  rise(heap_.size() - 1);
}

void timer_heap::remove(operation& timed) noexcept {
  if (timed.timer_index_ == 0) return;
  const std::size_t hole = timed.timer_index_ - 1;
  operation* last = heap_.back();
  heap_.pop_back();
  timed.timer_index_ = 0;
  if (last == &timed) return;
  place(last, hole);
  sink(hole);
  rise(hole);
}

void timer_heap::rise(std::size_t at) noexcept {
  operation* rising = heap_[at];
  while (at > 0) {
    const std::size_t parent = (at - 1) / 2;
    if (heap_[parent]->due_ <= rising->due_) break;
    place(heap_[parent], at);
    at = parent;
  }
  place(rising, at);
}

void timer_heap::sink(std::size_t at) noexcept {
  operation* sinking = heap_[at];
  for (std::size_t child = 2 * at + 1; child < heap_.size(); child = 2 * at + 1) {
    if (child + 1 < heap_.size() && heap_[child + 1]->due_ < heap_[child]->due_) ++child;
    if (sinking->due_ <= heap_[child]->due_) break;
    place(heap_[child], at);
    at = child;
  }
  place(sinking, at);
}

}  // namespace ahoy::inline v0
