#include <ahoy/engine/attempt.hpp>
#include <ahoy/engine/datagram_control.hpp>
#include <ahoy/engine/received_datagrams.hpp>

#include <fcntl.h>
#include <sys/sendfile.h>

#include <array>

namespace ahoy::inline v0 {

namespace {

using namespace detail;

bool send(operation& asked, buffer_pool&, patience how) {
  auto& self = static_cast<send_operation&>(asked);
  return attempt_send(*self.on, self.left, self.error, how);
}

/// sendfile(2) knows no flag for a call that does not block: the socket is in that mode for its length.
bool send_file(operation& asked, buffer_pool&, patience) {
  auto& self = static_cast<send_file_operation&>(asked);
  ::fcntl(self.on->number(), F_SETFL, O_NONBLOCK);
  const ssize_t taken = uninterrupted(
      patience::none, [&] { return ::sendfile(self.on->number(), self.file, nullptr, self.most); });
  const int failure = errno;
  ::fcntl(self.on->number(), F_SETFL, 0);
  errno = failure;
  if (taken > 0) self.taken = static_cast<std::size_t>(taken);
  self.on->sent += self.taken;
  return settle(taken, self.error);
}

bool receive_from(operation& asked, buffer_pool&, patience how) {
  auto& self = static_cast<receive_from_operation&>(asked);
  const auto got = uninterrupted(how, [&] { return self.into.fill(self.on->number(), message_flags(how)); });
  return settle(got, self.error);
}

bool send_to(operation& asked, buffer_pool&, patience how) {
  auto& self = static_cast<send_to_operation&>(asked);
  control_room room;
  iovec from{const_cast<char*>(self.data.data()), self.data.size()};
  msghdr message{};
  if (self.header.peer.size() > 0) {
    message.msg_name = const_cast<sockaddr*>(self.header.peer.data());
    message.msg_namelen = self.header.peer.size();
  }
  message.msg_iov = &from;
  message.msg_iovlen = 1;
  write_control(message, room, self.header);
  const ssize_t taken =
      uninterrupted(how, [&] { return ::sendmsg(self.on->number(), &message, message_flags(how)); });
  if (taken > 0) self.on->sent += static_cast<std::uint64_t>(taken);
  return settle(taken, self.error);
}

bool accept(operation& asked, buffer_pool&, patience) {
  auto& self = static_cast<accept_operation&>(asked);
  sockaddr_storage peer{};
  socklen_t size = sizeof peer;
  const auto got = uninterrupted(patience::none, [&] {
    size = sizeof peer;
    return ::accept4(self.on->number(), reinterpret_cast<sockaddr*>(&peer), &size, SOCK_CLOEXEC);
  });
  if (got >= 0) {
    self.accepted = fd{static_cast<int>(got)};
    self.peer = address{reinterpret_cast<sockaddr*>(&peer), size};
  }
  return settle(got, self.error);
}

short poll_now(int number, short events) noexcept {
  pollfd asked{number, events, 0};
  uninterrupted(patience::none, [&] { return ::poll(&asked, 1, 0); });
  return asked.revents;
}

int socket_error(int number) noexcept {
  int error = 0;
  socklen_t size = sizeof error;
  return ::getsockopt(number, SOL_SOCKET, SO_ERROR, &error, &size) == 0 ? error : errno;
}

/// Begun in non-blocking mode, so that it can be given up; the mode is put back when it is over.
bool connect(operation& asked, buffer_pool&, patience) {
  auto& self = static_cast<connect_operation&>(asked);
  const int number = self.on->number();
  if (!self.begun) {
    self.begun = true;
    ::fcntl(number, F_SETFL, O_NONBLOCK);
    if (::connect(number, self.to.data(), self.to.size()) == 0) {
      ::fcntl(number, F_SETFL, 0);
      return true;
    }
    if (errno == EINPROGRESS || errno == EINTR) return false;
    self.error = errno;
    return true;
  }
  if (poll_now(number, POLLOUT) == 0) return false;
  self.error = socket_error(number);
  ::fcntl(number, F_SETFL, 0);
  return true;
}

bool ready(operation& asked, buffer_pool&, patience) {
  auto& self = static_cast<ready_operation&>(asked);
  self.revents = poll_now(self.on->number(), self.events);
  return self.revents != 0;
}

/// Edges and parks are never complete of themselves.
bool never(operation&, buffer_pool&, patience) { return false; }

using attempt_function = bool (*)(operation&, buffer_pool&, patience);
constexpr std::array<attempt_function, 10> attempts = {
    attempt_receive, send, send_file, receive_from, send_to, accept, connect, ready, never, never};

}  // namespace

bool detail::drop(receive_operation& asked, patience how) {
  constexpr std::size_t most = 1 << 30;
  const ssize_t got = uninterrupted(
      how, [&] { return ::recv(asked.on->number(), nullptr, most, MSG_TRUNC | message_flags(how)); });
  if (got > 0) asked.dropped = static_cast<std::size_t>(got);
  asked.on->received += asked.dropped;
  asked.on->at_end = got == 0;
  return settle(got, asked.error);
}

bool attempt(operation& asked, buffer_pool& buffers, patience how) {
  return attempts[static_cast<std::size_t>(asked.kind)](asked, buffers, how);
}

}  // namespace ahoy::inline v0
