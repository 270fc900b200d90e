#include <ahoy/engine/buffer_ring.hpp>

#include <liburing.h>
#include <sys/mman.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

namespace ahoy::inline v0 {

namespace {

constexpr unsigned first_slots = 32;

io_uring_buf_ring* map_pages(std::size_t size) {
  void* pages = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_ANONYMOUS | MAP_PRIVATE, -1, 0);
  if (pages == MAP_FAILED) throw std::system_error{errno, std::system_category(), "io_uring"};
  return static_cast<io_uring_buf_ring*>(pages);
}

}  // namespace

void buffer_ring::free_pages::operator()(io_uring_buf_ring* pages) const noexcept { ::munmap(pages, size); }

buffer_ring::buffer_ring(ring& of, buffer_pool& from, unsigned slots)
    : ring_{of},
      pool_{from},
      slots_{slots},
      shared_{map_pages(slots * sizeof(io_uring_buf)), free_pages{slots * sizeof(io_uring_buf)}} {
  io_uring_buf_reg asked{};
  asked.ring_addr = reinterpret_cast<std::uintptr_t>(shared_.get());
  asked.ring_entries = slots;
  asked.bgid = group;
  const int result = io_uring_register_buf_ring(&of.native(), &asked, 0);
  if (result < 0) throw std::system_error{-result, std::system_category(), "io_uring"};
  grow();
}

buffer_ring::~buffer_ring() {
  io_uring_unregister_buf_ring(&ring_.native(), group);
  for (char* block : blocks_)
    if (block) pool_.give_back(block);
}

std::span<char> buffer_ring::take(unsigned slot) noexcept {
  empty_.push_back(static_cast<unsigned short>(slot));  // its room was made when the slot was
  return {std::exchange(blocks_[slot], nullptr), buffer_pool::block_size};
}

bool buffer_ring::refill() {
  has_grown_ = false;
  if (empty_.empty()) return true;
  const int mask = io_uring_buf_ring_mask(slots_);
  int added = 0;
  for (const unsigned short slot : empty_) {
    blocks_[slot] = pool_.try_take().data();
    if (!blocks_[slot]) break;  // memory has run out: the others have their turn later
    io_uring_buf_ring_add(shared_.get(), blocks_[slot], buffer_pool::block_size, slot, mask, added++);
  }
  io_uring_buf_ring_advance(shared_.get(), added);
  empty_.erase(empty_.begin(), empty_.begin() + added);
  return empty_.size() < blocks_.size();
}

void buffer_ring::grow() {
  if (std::exchange(has_grown_, true)) return;
  const std::size_t now = blocks_.size();
  const std::size_t wanted = std::min<std::size_t>(slots_, std::max<std::size_t>(first_slots, now * 2));
  blocks_.reserve(wanted);
  empty_.reserve(wanted);
  pool_.keep(wanted);
  blocks_.resize(wanted, nullptr);
  for (std::size_t slot = now; slot < wanted; ++slot) empty_.push_back(static_cast<unsigned short>(slot));
}

}  // namespace ahoy::inline v0
