#include <ahoy/connection/stream.hpp>

#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>

#include <cerrno>

namespace ahoy::inline v0 {

namespace {

address name_of(int socket, int (*ask)(int, sockaddr*, socklen_t*)) {
  address name;
  socklen_t size = address::capacity();
  if (ask(socket, name.data(), &size) == 0) name.set_size(size);
  return name.unmapped();
}

bool is_internet(const address& which) noexcept {
  return which.family() == family::inet || which.family() == family::inet6;
}

/// Small messages leave at once, and a peer that vanished is noticed in the end.
void set_manners(int socket) noexcept {
  const int on = 1;
  ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  ::setsockopt(socket, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
}

}  // namespace

stream::stream(ahoy::engine& by, fd connected, const address& remote, std::string label)
    : socket_{by, std::move(connected)}, remote_{remote.unmapped()} {
  socket_.short_receive_takes_all = is_internet(remote_);
  set_label(std::move(label));
}

stream::stream(ahoy::engine& by, fd connected, const address& remote)
    : stream{by, std::move(connected), remote, remote.unmapped().to_string()} {
  if (is_internet(remote_)) set_manners(socket_.number());
}

stream::stream(ahoy::engine& by, fd connected)
    : stream{by, fd{connected.get()}, name_of(connected.get(), ::getpeername)} {
  static_cast<void>(connected.release());
}

void stream::shutdown_send() { ::shutdown(socket_.number(), SHUT_WR); }

/// Not shutdown(2) with SHUT_RD: what the peer sends after that is left unread, and makes the close a reset.
void stream::shutdown_receive() {
  receiving_ended_ = true;
  if (socket_.reading()) engine().complete(*socket_.reading(), 0);
}

void stream::abort_on_close() noexcept {
  const linger at_once{1, 0};
  ::setsockopt(socket_.number(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
}

address stream::local() const { return name_of(socket_.number(), ::getsockname); }

/// Not what our kernel took alone: of a large send buffer, it wants a third to be free before it takes more
/// (sk_stream_write_space), which a reader that is merely slow may take long to bring about. Of TCP it is
/// what was acknowledged; of a Unix socket SIOCOUTQ is memory, which shrinks as the peer reads.
std::uint64_t stream::progress() const noexcept {
  int unacknowledged = 0;
  ::ioctl(socket_.number(), SIOCOUTQ, &unacknowledged);
  return socket_.sent - static_cast<std::uint64_t>(unacknowledged);
}

std::string_view stream::transport() const noexcept { return is_internet(remote_) ? "tcp" : "unix"; }

}  // namespace ahoy::inline v0
