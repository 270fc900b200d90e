#pragma once
#include <ahoy/address/address.hpp>
#include <ahoy/engine/buffer.hpp>
#include <ahoy/engine/received_datagrams.hpp>

#include <string>
#include <vector>

namespace ahoy::inline v0 {

/// Datagrams of one caller that its handler has not received yet, within limits: whoever forges senders must
/// not fill the memory.
class unreceived_datagrams {
 public:
  static constexpr std::size_t most = 256;  ///< of one caller
  static constexpr std::size_t most_bytes = 8 * 1024 * 1024;

  static constexpr std::size_t overhead = 192;  ///< bytes of one, besides its data

  /// What those of all callers of a socket take.
  struct room {
    std::size_t bytes = 0;   ///< at most `most_bytes`; empty ones have to fill it too
    std::size_t blocks = 0;  ///< datagrams that are in the block in which they came; others are copied
    [[nodiscard]] bool has(std::size_t more) const noexcept { return bytes + more + overhead <= most_bytes; }
  };

  explicit unreceived_datagrams(room& shared) noexcept : room_{shared} {}
  unreceived_datagrams(const unreceived_datagrams&) = delete;
  unreceived_datagrams& operator=(const unreceived_datagrams&) = delete;
  ~unreceived_datagrams();

  [[nodiscard]] bool empty() const noexcept { return size() == 0; }
  [[nodiscard]] std::size_t size() const noexcept { return waiting_.size() - taken_; }
  /// false: there is no room for it. `asked` of our addresses is the one that it was sent to.
  bool add(bytes data, const address& asked);
  /// The oldest one. Only while it is not empty().
  bytes take(buffer_pool& blocks, address& asked);

 private:
  struct arrival {
    bytes block;       // or else
    std::string copy;  // of what came
    address asked;
  };
  static_assert(sizeof(arrival) <= overhead);
  void release(const arrival& gone) noexcept;
  void drop_taken() noexcept;

  room& room_;
  std::vector<arrival> waiting_;
  std::size_t taken_ = 0;  // of its first
};

}  // namespace ahoy::inline v0
