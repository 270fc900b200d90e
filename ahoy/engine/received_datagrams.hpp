#pragma once
#include <ahoy/engine/buffer.hpp>
#include <ahoy/engine/datagram_control.hpp>

#include <vector>

namespace ahoy::inline v0 {

/// What one system call has taken from a socket: as many datagrams as were there, given out one by one. It
/// begins with room for one, a block of its engine's pool, and has twice the room whenever a call has filled
/// it, up to `most`; what a burst once needed it keeps. Neither it nor what it has given may outlive the
/// pool.
class received_datagrams {
 public:
  static constexpr std::size_t most = 64;

  explicit received_datagrams(buffer_pool& blocks);
  received_datagrams(const received_datagrams&) = delete;
  received_datagrams& operator=(const received_datagrams&) = delete;
  ~received_datagrams();

  /// Takes at least one datagram, and all that are there; waits for none but the first, and for that only as
  /// `flags` and the socket's timeout say. Returns and fails as recvmmsg(2); ENOMEM where there is no memory
  /// for one block, and where there is for some, so many are taken at most. Only while it is empty().
  int fill(int socket, int flags) noexcept;
  [[nodiscard]] bool empty() const noexcept { return next_ == count_; }
  /// How many are left to take().
  [[nodiscard]] std::size_t size() const noexcept { return count_ - next_; }
  /// The oldest one. An errno value, EMSGSIZE, where it was larger than a block, and is lost. Only while it
  /// is not empty().
  int take(bytes& data, datagram_header& header);

 private:
  struct place {
    address peer;
    control_room control;
    iovec block{};
  };
  void grow(std::size_t room) noexcept;
  bool prepare(std::size_t at) noexcept;
  /// How many places are ready, from the first.
  std::size_t prepare_all() noexcept;

  buffer_pool& blocks_;
  std::vector<place> places_;
  std::vector<mmsghdr> messages_;  // one for each place
  std::size_t unready_ = 0;        // of the first ones, so many have to be prepared
  std::size_t count_ = 0;          // of the last call
  std::size_t next_ = 0;
};

}  // namespace ahoy::inline v0
