#include <ahoy/engine/buffer.hpp>

#include <algorithm>
#include <cassert>

namespace ahoy::inline v0 {

bytes::~bytes() {
  if (block_) pool_->give_back(block_);
}

buffer_pool::~buffer_pool() { assert(lent_ == 0); }

std::span<char> buffer_pool::take() {
  std::unique_ptr<char[]> block;
  if (free_.empty()) {
    free_.reserve(kept_blocks);
    block = std::make_unique_for_overwrite<char[]>(block_size);
  } else {
    block = std::move(free_.back());
    free_.pop_back();
  }
  ++lent_;
  return {block.release(), block_size};
}

bytes buffer_pool::lend(std::span<char> block, std::size_t used) noexcept {
  bytes loan;
  loan.pool_ = this;
  loan.block_ = block.data();
  loan.size_ = used;
  return loan;
}

void buffer_pool::give_back(char* block) noexcept {
  std::unique_ptr<char[]> owned{block};
  --lent_;
  if (free_.size() < free_.capacity() && free_.size() < kept_blocks) free_.push_back(std::move(owned));
}

bytes buffer_pool::copy(std::string_view text) {
  std::span<char> block = take();
  assert(text.size() <= block.size());
  std::copy(text.begin(), text.end(), block.begin());
  return lend(block, text.size());
}

}  // namespace ahoy::inline v0
