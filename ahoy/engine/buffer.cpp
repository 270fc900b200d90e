#include <ahoy/engine/buffer.hpp>

#include <algorithm>
#include <cassert>
#include <new>

namespace ahoy::inline v0 {

buffer_pool::~buffer_pool() {
  assert(lent_ == 0);
  while (free_) release();
}

/// One more that is free; null where memory has run out.
buffer_pool::head* buffer_pool::allocate() noexcept {
  void* const room = ::operator new(sizeof(head) + block_size, std::nothrow);
  if (!room) return nullptr;
  ++free_count_;
  return new (room) head{this, nullptr};
}

void buffer_pool::release() noexcept {
  head* const gone = std::exchange(free_, free_->next);
  --free_count_;
  ::operator delete(gone);
}

void buffer_pool::keep(std::size_t count) noexcept { kept_blocks_ = std::max(kept_blocks_, count); }

bool buffer_pool::append(bytes& loan, std::string_view text) noexcept {
  if (text.size() > block_size - loan.size_) return false;
  std::copy(text.begin(), text.end(), loan.block_ + loan.size_);
  loan.size_ += text.size();
  return true;
}

bytes buffer_pool::copy(std::string_view text) {
  std::span<char> block = take();
  assert(text.size() <= block.size());
  std::copy(text.begin(), text.end(), block.begin());
  return lend(block, text.size());
}

}  // namespace ahoy::inline v0
