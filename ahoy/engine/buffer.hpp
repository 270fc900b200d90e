#pragma once
#include <cstddef>
#include <memory>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace ahoy::inline v0 {

class buffer_pool;

/// Bytes lent by an engine: move-only, back to their pool when they go. They may not outlive the engine, nor
/// leave its thread. empty() says that nothing was lent, which is the end of the stream; a datagram of no
/// bytes is lent too, so it has size() 0 and is not empty().
class bytes {
 public:
  bytes() = default;
  bytes(bytes&& other) noexcept { swap(other); }
  bytes& operator=(bytes&& other) noexcept {
    bytes taken{std::move(other)};
    swap(taken);
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
  void swap(bytes& other) noexcept {
    std::swap(pool_, other.pool_);
    std::swap(block_, other.block_);
    std::swap(size_, other.size_);
  }

  buffer_pool* pool_ = nullptr;
  char* block_ = nullptr;
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
  [[nodiscard]] std::span<char> take();
  [[nodiscard]] bytes lend(std::span<char> block, std::size_t used) noexcept;
  void give_back(char* block) noexcept;
  /// Adds `text` to what a loan of this pool holds. false: there is no room for it.
  [[nodiscard]] static bool append(bytes& loan, std::string_view text) noexcept;
  /// Keeps so many for reuse.
  void keep(std::size_t count);
  /// A loan that holds a copy of `text`, which fits into a block.
  [[nodiscard]] bytes copy(std::string_view text);
  /// How many blocks are lent at the moment.
  [[nodiscard]] std::size_t lent() const noexcept { return lent_; }

 private:
  friend class bytes;
  void end_loan(char* block) noexcept;

  std::size_t kept_blocks_ = 16;
  std::vector<std::unique_ptr<char[]>> free_;
  std::size_t lent_ = 0;
};

}  // namespace ahoy::inline v0
