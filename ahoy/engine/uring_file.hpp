#pragma once
#include <ahoy/engine/buffer.hpp>
#include <ahoy/engine/operation.hpp>

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

namespace ahoy::inline v0 {

/// Accepts that the kernel works at, or has done, before they are asked for. Not one multishot accept: that
/// takes all who call, whether or not there is a descriptor to spare, and does not say who they are, which
/// costs a call for each; it was no faster.
struct accept_window {
  static constexpr unsigned width = 8;
  struct call {
    sockaddr_storage peer;
    socklen_t size;
    int result;
    bool under_way = false;
  };
  std::array<call, width> calls;
  std::vector<unsigned> done;  ///< in the order in which they came

  accept_window() { done.reserve(width); }
  accept_window(const accept_window&) = delete;
  accept_window& operator=(const accept_window&) = delete;
  ~accept_window() { hang_up(); }

  /// Closes what nobody has taken.
  void hang_up() noexcept;
  /// The first that is done, or -1.
  int take(address& peer);
};

/// What the uring engine knows of one descriptor. It stays until the kernel has answered all that was asked
/// of it, also when the descriptor is gone; then its place is used anew, under another generation, so that no
/// answer meets the wrong one.
struct uring_file {
  descriptor* on = nullptr;  ///< null when it is gone
  std::uint32_t place = 0;   ///< 1-based, in the engine's table
  std::uint32_t generation = 0;
  std::uint32_t in_flight = 0;  ///< requests that the kernel has not ended

  // Receiving: one multishot request, and what came when nobody waited.
  bool receiving = false;   ///< the request is with the kernel
  bool limited = false;     ///< it was given a limit
  bool cancelling = false;  ///< it is told to end
  bool over = false;        ///< after what has arrived there is the end, or `failure`
  bool keeps_records = false;
  bool type_known = false;
  int failure = 0;
  std::vector<bytes> arrived;

  // Sending: at most one request.
  bool sending = false;
  std::uint32_t stale_sends = 0;   ///< whose operations are over, but not they
  unsigned sending_at = 0;         ///< the request's place in the queue
  bool polls[2] = {false, false};  ///< for reading, for writing
  bool watches_edges = false;
  unsigned polled_events[2] = {0, 0};

  std::unique_ptr<accept_window> accepts;

  /// There is something for receive() to give.
  [[nodiscard]] bool is_readable() const noexcept { return over || !arrived.empty(); }
  [[nodiscard]] std::size_t held() const noexcept;  ///< bytes that have arrived
  [[nodiscard]] bool holds_too_much() const noexcept;
  void add(bytes loan);
  [[nodiscard]] bytes next();
  void forget_arrived() noexcept;
};

}  // namespace ahoy::inline v0
