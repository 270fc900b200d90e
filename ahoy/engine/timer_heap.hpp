#pragma once
#include <ahoy/engine/operation.hpp>

#include <cstdint>
#include <vector>

namespace ahoy::inline v0 {

/// Pending operations by the time at which they are due: a binary heap in which each operation knows its
/// place. Most waits end before their time, and those that begin later are mostly due later: so an entry goes
/// in at the end of the heap, and one that is not needed any more is only marked, and swept out with others
/// when they are as many as those in use. Neither touches anybody else's operation.
class timer_heap {
 public:
  void insert(operation& timed, time_point due) {
    heap_.push_back({due, &timed});
    ++used_;
    const std::size_t at = heap_.size();
    timed.timer_index_ = static_cast<std::uint32_t>(at);
    if (at > 1 && due < heap_[at / 2 - 1].due) rise(at - 1);
  }
  /// Nothing for one that is in no heap.
  void remove(operation& timed) noexcept {
    if (timed.timer_index_ != 0) unuse(timed);
  }
  [[nodiscard]] bool empty() const noexcept { return used_ == 0; }
  /// Not later than any is due; no_deadline where there is none.
  [[nodiscard]] time_point earliest() const noexcept {
    return heap_.empty() ? no_deadline : heap_.front().due;
  }
  /// With those that are not needed any more.
  [[nodiscard]] std::size_t size() const noexcept { return heap_.size(); }
  /// Takes out the one that is due first, if it is by `now`; else null.
  operation* take_due(time_point now) noexcept;

 private:
  struct entry {
    time_point due;
    operation* timed;  // null: removed
  };
  void unuse(operation& timed) noexcept;
  void place(const entry& what, std::size_t at) noexcept;
  void rise(std::size_t at) noexcept;
  void sink(std::size_t at) noexcept;
  void drop_first() noexcept;
  void sweep() noexcept;

  std::vector<entry> heap_;
  std::size_t used_ = 0;
};

}  // namespace ahoy::inline v0
