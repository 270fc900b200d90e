#pragma once
#include <ahoy/engine/operation.hpp>

#include <cstdint>
#include <vector>

namespace ahoy::inline v0 {

/// Pending operations by the time at which they are due: a binary heap in which each operation knows its
/// place, so that one which completes early leaves without a search.
class timer_heap {
 public:
  void insert(operation& timed, time_point due);
  void remove(operation& timed) noexcept;
  [[nodiscard]] bool empty() const noexcept { return heap_.empty(); }
  [[nodiscard]] time_point earliest() const noexcept {
    return heap_.empty() ? no_deadline : heap_.front()->due_;
  }
  /// The operation that is due first; the heap is not empty.
  [[nodiscard]] operation& first() const noexcept { return *heap_.front(); }

 private:
  void place(operation* timed, std::size_t at) noexcept;
  void rise(std::size_t at) noexcept;
  void sink(std::size_t at) noexcept;
  std::vector<operation*> heap_;
};

}  // namespace ahoy::inline v0
