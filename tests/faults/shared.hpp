// What the failing program and its driver (tests/faults/faults.py) have in common: a file, mapped by both.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace faults {

inline constexpr std::size_t most_calls = 60'000;  // of one kind in a run that are listed by name

/// Of what a call asks: each kind is counted for itself, since a look-up more must not move all allocations.
enum class kind : std::uint32_t { system, memory, tls, count };
inline constexpr std::size_t kinds = static_cast<std::size_t>(kind::count);

/// Plain numbers at fixed places: the driver reads them with `struct` (its LAYOUT). All processes of a run
/// count here.
struct record {
  // From the driver: which call shall fail, and how. 0: none, they are only counted.
  std::uint32_t kind_to_fail;
  std::uint32_t call_to_fail;  // from 1
  std::uint32_t how;           // an index into what may become of such a call
  std::uint32_t is_armed;  // 0: not counted yet; the driver sets it, at the latest when the program listens
                           // 2: from that call on, all of its kind fail
  // To the driver.
  std::array<std::atomic<std::uint32_t>, 4> counted;  // by kind
  std::atomic<std::uint32_t> row_failed;              // 1 + its row, 0 while nothing has failed
  std::uint32_t process;                              // in which it failed
  std::uint64_t when;                                 // CLOCK_MONOTONIC, in nanoseconds
  std::atomic<std::uint32_t> left_open;               // descriptors of the first process at its end
  std::uint32_t first_process;
  std::array<std::array<std::uint8_t, most_calls>, kinds> calls;  // the row of each that was counted
};

}  // namespace faults
