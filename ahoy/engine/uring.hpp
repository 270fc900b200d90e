#pragma once
#include <ahoy/engine/buffer_ring.hpp>
#include <ahoy/engine/loop.hpp>
#include <ahoy/engine/ring.hpp>
#include <ahoy/engine/uring_file.hpp>

#include <deque>

namespace ahoy::inline v0 {

/// What a test may ask of the engine instead of the best that the kernel has.
struct uring_settings {
  unsigned blocks = 1024;       ///< how many receives may complete in one turn, a power of two
  unsigned without = 0;         ///< flags (IORING_SETUP_...) not to ask for
  bool limits_receives = true;  ///< whether to try to have the kernel limit what a receive takes (Linux 6.17)
};

/// One thread, many connections: io_uring(7). One system call a turn hands over all that was asked and waits
/// for what is complete. A connection is received from by one multishot request, into blocks that the engine
/// provides.
///
/// The kernel is never given memory of an operation that outlives the call which submits it: it writes into
/// the engine's own blocks, and what is to be sent it takes at once or not at all (MSG_DONTWAIT). So an
/// operation that is stopped ends like any other, and no frame has to wait for the kernel.
///
/// It must be made by the thread that runs it, and after any fork.
class uring_engine final : public loop {
 public:
  /// What it holds of one connection that nobody reads from is bounded by this, and the blocks of one turn.
  static constexpr std::size_t most_held = 4 * buffer_pool::block_size;
  static constexpr std::size_t most_pieces_held = 8;

  /// Throws std::system_error where the kernel refuses.
  explicit uring_engine(uring_settings how = {});
  ~uring_engine() override;
  [[nodiscard]] std::string_view name() const noexcept override { return "uring"; }
  [[nodiscard]] std::vector<accepted_caller> take_accepted(descriptor& on) override;
  [[nodiscard]] std::size_t held(const descriptor& by) const noexcept override;

 private:
  bool try_now(operation& asked) override;
  void watch(operation& pending) noexcept override;
  void unwatch(operation& done) noexcept override;
  void unwatch(descriptor& closing) noexcept override;
  void wait(time_point until) override;

  // What the ring knows of descriptors.
  uring_file& file_of(descriptor& on);
  [[nodiscard]] uring_file* known(const descriptor& on) noexcept;
  void free_if_idle(uring_file& file, std::uint32_t place) noexcept;
  io_uring_sqe& ask(uring_file& file, unsigned what);
  void end(uring_file& file, unsigned what);

  // What completes.
  bool take_completions() noexcept;
  void completed(const completion& done) noexcept;
  void received(uring_file& file, const completion& done) noexcept;
  void sent(uring_file& file, const completion& done) noexcept;
  void accepted(uring_file& file, const completion& done, unsigned at) noexcept;
  void changed(uring_file& file, const completion& done) noexcept;
  void polled(uring_file& file, const completion& done, unsigned what) noexcept;
  void dispose(const completion& done, unsigned what) noexcept;

  // Receiving.
  void start_receiving(uring_file& file) noexcept;
  void hold(uring_file& file, const completion& done) noexcept;
  void grow_if_possible() noexcept;
  static void keep(uring_file& file, bytes some) noexcept;
  void serve_reader(uring_file& file) noexcept;
  static bool give(uring_file& file, receive_operation& to) noexcept;
  static void give(bytes some, receive_operation& to) noexcept;

  // Sending.
  void start_sending(uring_file& file, send_operation& from) noexcept;
  void retract(uring_file& file) noexcept;

  // Accepting, and everything else, which the ring only says when to try.
  void start_accepting(uring_file& file);
  static bool give(uring_file& file, accept_operation& to) noexcept;
  void poll(uring_file& file, unsigned what, unsigned events) noexcept;
  void poll_for(operation& pending) noexcept;

  ring ring_;
  buffer_ring blocks_;
  std::deque<uring_file> files_;
  std::uint32_t first_free_ = 0;  // 1-based place; the others follow by next_free
  bool limits_receives_;          // until the kernel says that it cannot
};

}  // namespace ahoy::inline v0
