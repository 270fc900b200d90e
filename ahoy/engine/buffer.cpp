#include <ahoy/engine/buffer.hpp>

#include <algorithm>
#include <cassert>

namespace ahoy::inline v0 {

bytes::~bytes() {
  if (block_) pool_->end_loan(block_);
}

buffer_pool::~buffer_pool() { assert(lent_ == 0); }

std::span<char> buffer_pool::take() {
  std::unique_ptr<char[]> block;
  if (free_.empty()) {
    free_.reserve(kept_blocks_);
    block = std::make_unique_for_overwrite<char[]>(block_size);
  } else {
    block = std::move(free_.back());
    free_.pop_back();
  }
  return {block.release(), block_size};
}

bytes buffer_pool::lend(std::span<char> block, std::size_t used) noexcept {
  bytes loan;
  loan.pool_ = this;
  loan.block_ = block.data();
  loan.size_ = used;
  ++lent_;
  return loan;
}

void buffer_pool::give_back(char* block) noexcept {
  std::unique_ptr<char[]> owned{block};
  if (free_.size() < free_.capacity() && free_.size() < kept_blocks_) free_.push_back(std::move(owned));
}

void buffer_pool::end_loan(char* block) noexcept {
  --lent_;
  give_back(block);
}

void buffer_pool::keep(std::size_t count) {
  kept_blocks_ = std::max(kept_blocks_, count);
  free_.reserve(kept_blocks_);
}

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
