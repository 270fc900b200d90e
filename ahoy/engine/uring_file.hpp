#pragma once
#include <ahoy/engine/buffer.hpp>
#include <ahoy/engine/operation.hpp>

#include <array>
#include <cstdint>
#include <forward_list>
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
  descriptor* on = nullptr;          ///< null when it is gone
  std::forward_list<bytes> arrived;  ///< what came when nobody waited
  std::unique_ptr<accept_window> accepts;
  std::uint32_t generation = 0;
  std::uint32_t next_free = 0;    ///< 1-based place of the next one that is free; only of one that is
  std::uint32_t sending_at = 0;   ///< the place of its send in the queue of requests
  std::uint16_t in_flight = 0;    ///< requests that the kernel has not ended
  std::uint16_t stale_sends = 0;  ///< of those, sends whose operations are over
  std::array<std::uint16_t, 2> polled_events{};  ///< for reading, for writing; 0: the kernel is not asked
  std::int16_t failure = 0;                      ///< an errno value

  // Receiving: one multishot request.
  bool receiving : 1 = false;   ///< the request is with the kernel
  bool limited : 1 = false;     ///< it was given a limit
  bool cancelling : 1 = false;  ///< it is told to end
  bool over : 1 = false;        ///< after what has arrived there is the end, or `failure`
  bool keeps_records : 1 = false;
  bool type_known : 1 = false;

  bool sending : 1 = false;  ///< at most one request
  bool watches_edges : 1 = false;

  /// There is something for receive() to give.
  [[nodiscard]] bool is_readable() const noexcept { return over || !arrived.empty(); }
  [[nodiscard]] std::size_t held() const noexcept;  ///< bytes that have arrived
  [[nodiscard]] bool holds_too_much() const noexcept;
  void add(bytes loan);
  [[nodiscard]] bytes next();
};
static_assert(sizeof(uring_file) <= 48, "there is one for each idle connection");

}  // namespace ahoy::inline v0
