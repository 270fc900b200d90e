#pragma once
#include <ahoy/engine/buffer.hpp>
#include <ahoy/engine/ring.hpp>

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

struct io_uring_buf_ring;

namespace ahoy::inline v0 {

/// Blocks of a pool that the kernel may fill, for receives that do not say beforehand where to
/// (IORING_REGISTER_PBUF_RING). A slot whose block was filled gets another one from the pool at the next
/// refill(), whatever became of the first, so that who keeps what it received starves nobody. It begins with
/// few blocks, and grow() gives it more.
class buffer_ring {
 public:
  static constexpr unsigned short group = 0;

  /// `slots`: the most it may have, a power of two. Throws std::system_error.
  buffer_ring(ring& of, buffer_pool& from, unsigned slots);
  buffer_ring(const buffer_ring&) = delete;
  buffer_ring& operator=(const buffer_ring&) = delete;
  ~buffer_ring();

  /// The block of a slot that the kernel has used. Whoever takes it lends it, or gives it back to the pool.
  [[nodiscard]] std::span<char> take(unsigned slot) noexcept;
  /// Puts a block into every slot that has none. false: none has one, since memory has run out.
  bool refill();
  /// For when the kernel found none: twice as many from the next refill() on, up to the most. However many
  /// requests found none by then, it is one shortage.
  void grow();
  /// How many slots it has by now.
  [[nodiscard]] std::size_t size() const noexcept { return blocks_.size(); }

 private:
  struct free_pages {
    std::size_t size;
    void operator()(io_uring_buf_ring* pages) const noexcept;
  };
  ring& ring_;
  buffer_pool& pool_;
  unsigned slots_;
  std::unique_ptr<io_uring_buf_ring, free_pages> shared_;
  std::vector<char*> blocks_;          // by slot; null where the kernel has used it
  std::vector<unsigned short> empty_;  // slots to fill
  bool has_grown_ = false;             // since the last refill()
};

}  // namespace ahoy::inline v0
