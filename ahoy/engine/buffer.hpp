#pragma once
#include <cstddef>
#include <new>
#include <span>
#include <string_view>
#include <utility>

namespace ahoy::inline v0 {

class buffer_pool;

/// Bytes lent by an engine: move-only, back to their pool when they go. They may not outlive the engine, nor
/// leave its thread. empty() says that nothing was lent, which is the end of the stream; a datagram of no
/// bytes is lent too, so it has size() 0 and is not empty().
class bytes {
 public:
  bytes() = default;
  bytes(bytes&& other) noexcept
      : block_{std::exchange(other.block_, nullptr)}, size_{std::exchange(other.size_, 0)} {}
  bytes& operator=(bytes&& other) noexcept {
    bytes taken{std::move(other)};
    std::swap(block_, taken.block_);
    std::swap(size_, taken.size_);
    return *this;
  }
  ~bytes();

  [[nodiscard]] bool empty() const noexcept { return !block_; }
  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] const char* data() const noexcept { return block_; }
  [[nodiscard]] std::string_view text() const noexcept { return {block_, size_}; }
  operator std::string_view() const noexcept { return text(); }  // NOLINT(google-explicit-constructor)

 private:
  friend class buffer_pool;
  bytes(char* block, std::size_t size) noexcept : block_{block}, size_{size} {}

  char* block_ = nullptr;  // whose pool stands before it
  std::size_t size_ = 0;
};

/// Blocks for what is received: taken when there is something to read, kept for reuse up to a few (or as many
/// as an engine needs at once). Not thread-safe: each engine has its own.
class buffer_pool {
 public:
  static constexpr std::size_t block_size = 64 * 1024;  // holds the largest datagram

  buffer_pool() = default;
  buffer_pool(const buffer_pool&) = delete;
  buffer_pool& operator=(const buffer_pool&) = delete;
  ~buffer_pool();

  /// A block to write into. Either lend() it or give it back().
  [[nodiscard]] std::span<char> take() {
    const std::span<char> block = try_take();
    if (block.empty()) [[unlikely]]
      throw std::bad_alloc{};
    return block;
  }
  /// Empty where memory has run out.
  [[nodiscard]] std::span<char> try_take() noexcept {
    head* const taken = free_ ? free_ : allocate();
    if (!taken) [[unlikely]]
      return {};
    free_ = taken->next;
    --free_count_;
    return {reinterpret_cast<char*>(taken + 1), block_size};
  }
  [[nodiscard]] bytes lend(std::span<char> block, std::size_t used) noexcept {
    ++lent_;
    return {block.data(), used};
  }
  void give_back(char* block) noexcept {
    head* const back = head_of(block);
    back->next = free_;
    free_ = back;
    if (++free_count_ > kept_blocks_) release();
  }
  /// Adds `text` to what a loan of this pool holds. false: there is no room for it.
  [[nodiscard]] static bool append(bytes& loan, std::string_view text) noexcept;
  /// Keeps so many for reuse.
  void keep(std::size_t count) noexcept;
  /// A loan that holds a copy of `text`, which fits into a block.
  [[nodiscard]] bytes copy(std::string_view text);
  /// How many blocks are lent at the moment.
  [[nodiscard]] std::size_t lent() const noexcept { return lent_; }

 private:
  friend class bytes;
  /// Stands before each block.
  struct alignas(std::max_align_t) head {
    buffer_pool* pool;
    head* next;  // while it is free
  };
  static head* head_of(char* block) noexcept { return reinterpret_cast<head*>(block) - 1; }
  static void end_loan(char* block) noexcept {
    buffer_pool& pool = *head_of(block)->pool;
    --pool.lent_;
    pool.give_back(block);
  }
  head* allocate() noexcept;
  void release() noexcept;

  head* free_ = nullptr;
  std::size_t free_count_ = 0;
  std::size_t kept_blocks_ = 16;
  std::size_t lent_ = 0;
};

inline bytes::~bytes() {
  if (block_) buffer_pool::end_loan(block_);
}

}  // namespace ahoy::inline v0
