#include <ahoy/engine/attempt.hpp>

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/sendfile.h>

#include <cstring>

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

/// Room for the control messages that we ask for: the local address (IPv4 or IPv6) and the mark.
struct control_room {
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(in6_pktinfo)) + CMSG_SPACE(sizeof(in_pktinfo)) +
                                        2 * CMSG_SPACE(sizeof(int))> space{};
};

template <class T>
T content(const cmsghdr* control) noexcept {
  T value;
  std::memcpy(&value, CMSG_DATA(control), sizeof value);
  return value;
}

void read_control(const cmsghdr* control, datagram_header& header) {
  if (control->cmsg_level == IPPROTO_IP && control->cmsg_type == IP_PKTINFO) {
    // Not ipi_addr: of a broadcast or a group it is that address, which nobody can answer from.
    header.local = address::inet(ntohl(content<in_pktinfo>(control).ipi_spec_dst.s_addr), 0);
  } else if (control->cmsg_level == IPPROTO_IPV6 && control->cmsg_type == IPV6_PKTINFO) {
    sockaddr_in6 local{};
    local.sin6_family = AF_INET6;
    const auto information = content<in6_pktinfo>(control);
    local.sin6_addr = information.ipi6_addr;
    if (IN6_IS_ADDR_LINKLOCAL(&local.sin6_addr)) local.sin6_scope_id = information.ipi6_ifindex;
    header.local = address{reinterpret_cast<const sockaddr*>(&local), sizeof local};
  } else if (control->cmsg_level == IPPROTO_IP && control->cmsg_type == IP_TOS) {
    header.mark = content<std::uint8_t>(control) >> 2;
  } else if (control->cmsg_level == IPPROTO_IPV6 && control->cmsg_type == IPV6_TCLASS) {
    header.mark = static_cast<std::uint8_t>(content<int>(control) >> 2);
  }
}

bool receive_from(operation& asked, buffer_pool& buffers, patience how) {
  auto& self = static_cast<receive_from_operation&>(asked);
  const std::span<char> block = buffers.take();
  control_room room;
  iovec into{block.data(), block.size()};
  sockaddr_storage peer{};
  msghdr message{};
  message.msg_name = &peer;
  message.msg_namelen = sizeof peer;
  message.msg_iov = &into;
  message.msg_iovlen = 1;
  message.msg_control = room.space.data();
  message.msg_controllen = room.space.size();
  const ssize_t got = uninterrupted(
      how, [&] { return ::recvmsg(self.on->number(), &message, message_flags(how) | MSG_CMSG_CLOEXEC); });
  bytes loan = buffers.lend(block, got > 0 ? static_cast<std::size_t>(got) : 0);
  if (got < 0) return settle(got, self.error);
  if (message.msg_flags & MSG_TRUNC) {  // larger than any that UDP carries
    self.error = EMSGSIZE;
    return true;
  }
  self.on->received += static_cast<std::uint64_t>(got);
  self.received = std::move(loan);
  if (message.msg_namelen > 0)
    self.header.peer = address{reinterpret_cast<sockaddr*>(&peer), message.msg_namelen};
  for (cmsghdr* control = CMSG_FIRSTHDR(&message); control; control = CMSG_NXTHDR(&message, control))
    read_control(control, self.header);
  return true;
}

template <class T>
void add_control(msghdr& message, int level, int type, const T& value) {
  auto* control =
      reinterpret_cast<cmsghdr*>(static_cast<char*>(message.msg_control) + message.msg_controllen);
  control->cmsg_level = level;
  control->cmsg_type = type;
  control->cmsg_len = CMSG_LEN(sizeof value);
  std::memcpy(CMSG_DATA(control), &value, sizeof value);
  message.msg_controllen += CMSG_SPACE(sizeof value);
}

/// Says which address to answer from and with which mark.
void write_control(msghdr& message, const datagram_header& header) {
  const bool inet6 = header.peer.unmapped().family() == family::inet6;
  if (header.local.family() == family::inet && !header.local.is_multicast()) {
    in_pktinfo from{};
    from.ipi_spec_dst = reinterpret_cast<const sockaddr_in*>(header.local.data())->sin_addr;
    add_control(message, IPPROTO_IP, IP_PKTINFO, from);
  } else if (header.local.family() == family::inet6 && !header.local.is_multicast()) {
    in6_pktinfo from{};
    const auto* local = reinterpret_cast<const sockaddr_in6*>(header.local.data());
    from.ipi6_addr = local->sin6_addr;
    from.ipi6_ifindex = local->sin6_scope_id;
    add_control(message, IPPROTO_IPV6, IPV6_PKTINFO, from);
  }
  const int traffic_class = header.mark << 2;
  if (header.mark != 0)
    add_control(message, inet6 ? IPPROTO_IPV6 : IPPROTO_IP, inet6 ? IPV6_TCLASS : IP_TOS, traffic_class);
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
  message.msg_control = room.space.data();
  write_control(message, self.header);
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
  return settle(got, asked.error);
}

bool attempt(operation& asked, buffer_pool& buffers, patience how) {
  return attempts[static_cast<std::size_t>(asked.kind)](asked, buffers, how);
}

}  // namespace ahoy::inline v0
