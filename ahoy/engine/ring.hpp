#pragma once
#include <ahoy/task/context.hpp>

#include <cstdint>
#include <memory>
#include <span>

struct io_uring;
struct io_uring_sqe;

namespace ahoy::inline v0 {

/// What the kernel says of one request (io_uring_enter(2)).
struct completion {
  std::uint64_t user_data;
  int result;  ///< as the system call's, a negated errno value for a failure
  unsigned flags;
};

/// The two queues that a thread shares with the kernel, io_uring(7): requests go in, completions come out,
/// and one system call both submits and waits. It belongs to the thread that makes it, and no child of a fork
/// may use it.
class ring {
 public:
  /// Throws std::system_error where the kernel refuses, or lacks what the engine needs (Linux 6.0 has all of
  /// it). Flags in `without` (IORING_SETUP_...) are not asked for.
  explicit ring(unsigned without = 0);
  ring(const ring&) = delete;
  ring& operator=(const ring&) = delete;
  ~ring();

  /// A request to fill in, cleared. It is submitted by the next enter(), or sooner where the queue is full.
  [[nodiscard]] io_uring_sqe& next();
  /// Where next() stands: the place of the request that it gives, counted without end.
  [[nodiscard]] unsigned place() const noexcept;
  /// The request at `place`, while the kernel has not taken it yet; null afterwards.
  [[nodiscard]] io_uring_sqe* unsubmitted(unsigned place) const noexcept;

  /// Submits everything, and what is complete by then can be taken.
  void flush();
  /// Submits everything and waits for a completion, at most until the time given.
  void enter(time_point until);
  /// Takes completions, as many as there are and fit.
  [[nodiscard]] std::size_t take(std::span<completion> into) noexcept;

  [[nodiscard]] io_uring& native() noexcept { return *native_; }
  /// IORING_SETUP_... as the kernel granted them.
  [[nodiscard]] unsigned flags() const noexcept;

 private:
  std::unique_ptr<io_uring> native_;
};

}  // namespace ahoy::inline v0
