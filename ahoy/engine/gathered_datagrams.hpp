#pragma once
#include <ahoy/engine/datagram_control.hpp>

#include <array>
#include <cstdint>
#include <string_view>

namespace ahoy::inline v0 {

/// Datagrams that one system call is to send, in the order in which they were added.
class gathered_datagrams {
 public:
  static constexpr std::size_t most = 64;
  /// About what one frame carries: the copy of more outweighs a call.
  static constexpr std::size_t longest = 1500;

  /// Who has said something that is not sent yet.
  class sender {
   public:
    /// The kernel refused a datagram: an errno value.
    virtual void refused(int why) = 0;

   protected:
    ~sender() = default;
  };

  gathered_datagrams() noexcept = default;
  gathered_datagrams(const gathered_datagrams&) = delete;
  gathered_datagrams& operator=(const gathered_datagrams&) = delete;

  [[nodiscard]] bool empty() const noexcept { return first_ == end_; }
  /// false: it is too long, or there is no place for it before the others are sent. Copies the data; `to` is
  /// as in a send_to_operation; `by` must be forgotten before it goes.
  bool add(std::string_view data, const datagram_header& to, sender& by) noexcept;
  /// What is left of this one's is sent all the same, and a failure is for the log.
  void forget(const sender& gone) noexcept;
  /// How many were added so far, and how many of those are the kernel's, or were refused by it: one that was
  /// the n-th to be added is done when done() >= n.
  [[nodiscard]] std::uint64_t added() const noexcept { return done_ + (end_ - first_); }
  [[nodiscard]] std::uint64_t done() const noexcept { return done_; }

  /// Hands them to the kernel without waiting, and tells their senders of those that it refuses. false: it
  /// has no room for those that are left.
  bool send(descriptor& through);

 private:
  static constexpr std::size_t most_bytes = 32 * 1024;  // of data: no more than the cache holds besides
  struct place {
    sender* by;
    iovec piece;
    sockaddr_storage peer;
    control_room control;
  };
  void passed(std::size_t count) noexcept;
  void tell_refused(int why);

  std::array<place, most> places_;
  std::array<mmsghdr, most> messages_;  // one for each place
  std::array<char, most_bytes> data_;
  std::size_t used_ = 0;  // of it
  std::size_t first_ = 0, end_ = 0;
  std::uint64_t done_ = 0;
};

}  // namespace ahoy::inline v0
