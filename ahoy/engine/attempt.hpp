#pragma once
#include <ahoy/engine/operation.hpp>

#include <sys/socket.h>

#include <cerrno>

namespace ahoy::inline v0 {

enum class patience : bool {
  none,
  one_call,  ///< one system call, which blocks as long as the socket's own timeouts allow
};

/// Tries an operation on a descriptor with the system call that is meant for it. true: it is complete, well
/// or with its error. false: it is to be tried again, since the call would block, or with one_call since its
/// time was over, a signal came or only a part was taken. Sockets are left in blocking mode and told
/// MSG_DONTWAIT, so that a socket handed to another program is as that program expects; a listener that is to
/// be tried must be non-blocking.
bool attempt(operation& asked, buffer_pool& buffers, patience how);

namespace detail {

inline int message_flags(patience how) noexcept {
  return MSG_NOSIGNAL | (how == patience::none ? MSG_DONTWAIT : 0);
}

/// The end of every attempt: false where the kernel asks us to come back.
inline bool settle(ssize_t returned, int& error) noexcept {
  if (returned >= 0) return true;
  if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR) return false;
  error = errno;
  return true;
}

/// After a signal a call that does not wait is made again; of one that does, the deadline has to be looked at
/// first.
template <class Call>
[[gnu::always_inline]] inline ssize_t uninterrupted(patience how, Call call) {
  ssize_t returned = 0;
  do returned = call();
  while (returned < 0 && errno == EINTR && how == patience::none);
  return returned;
}

/// tcp(7): with MSG_TRUNC what has come is let go without being copied, all of it.
bool drop(receive_operation& asked, patience how);

}  // namespace detail

/// attempt() of the two kinds that are most of what a loop does, to be compiled into it.
[[gnu::always_inline]] inline bool attempt_receive(operation& asked, buffer_pool& buffers, patience how) {
  auto& self = static_cast<receive_operation&>(asked);
  if (self.drops && self.on->is_tcp) return detail::drop(self, how);
  const std::span<char> block = buffers.try_take();
  if (block.empty()) [[unlikely]] {
    self.error = ENOMEM;
    return true;
  }
  const ssize_t got = detail::uninterrupted(
      how, [&] { return ::recv(self.on->number(), block.data(), block.size(), detail::message_flags(how)); });
  if (got <= 0) {
    const bool is_over = detail::settle(got, self.error);
    self.on->at_end = got == 0;
    buffers.give_back(block.data());
    return is_over;
  }
  self.on->received += static_cast<std::uint64_t>(got);
  self.received = buffers.lend(block, static_cast<std::size_t>(got));
  return true;
}

inline bool attempt_send(descriptor& to, std::string_view& left, int& error, patience how) {
  while (!left.empty()) {
    const ssize_t taken = detail::uninterrupted(
        how, [&] { return ::send(to.number(), left.data(), left.size(), detail::message_flags(how)); });
    if (taken < 0) return detail::settle(taken, error);
    to.sent += static_cast<std::uint64_t>(taken);
    left.remove_prefix(static_cast<std::size_t>(taken));
    if (how == patience::one_call) break;
  }
  return left.empty();
}

}  // namespace ahoy::inline v0
