#include <ahoy/connection/stream.hpp>

#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
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

}  // namespace

void set_manners(int socket) noexcept {
  const int on = 1;
  ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  ::setsockopt(socket, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
}

stream::stream(ahoy::engine& by, fd connected, const address& remote, std::string label)
    : socket_{by, std::move(connected)}, remote_{remote.unmapped()} {
  go_over(socket_);
  socket_.is_tcp = is_internet(remote);
  if (!label.empty()) set_label(std::move(label));
}

stream::stream(ahoy::engine& by, fd connected, const address& remote)
    : stream{by, std::move(connected), remote, {}} {
  if (is_internet(remote)) set_manners(socket_.number());
}

stream::stream(ahoy::engine& by, fd connected)
    : stream{by, fd{connected.get()}, name_of(connected.get(), ::getpeername)} {
  static_cast<void>(connected.release());
}

void stream::shutdown_send() {
  wake_late(false);  // who says farewell hears all
  ::shutdown(socket_.number(), SHUT_WR);
}

/// In the kernel, and in the hands of the engine.
std::uint64_t stream::unread() const noexcept {
  int in_kernel = 0;
  ::ioctl(socket_.number(), SIOCINQ, &in_kernel);
  return static_cast<std::uint64_t>(in_kernel) + engine().held(socket_);
}

/// To wake a reader for each segment costs more than to drop it (a third of a bulk transfer). So whoever has
/// sent much and is not timed is heard when there is more to drop, or its end (socket(7), SO_RCVLOWAT). Until
/// then the kernel keeps it, so that it is no more than a block.
void stream::wake_late(bool late) noexcept {
  if (late == is_woken_late_) return;
  const int least = late ? static_cast<int>(buffer_pool::block_size) : 1;
  ::setsockopt(socket_.number(), SOL_SOCKET, SO_RCVLOWAT, &least, sizeof least);
  is_woken_late_ = late;
}

bool stream::submit_special(receive_operation& asked) {
  constexpr std::uint64_t much = 1024 * 1024;
  if (receiving_ended_) return submit_last(asked);
  wake_late(asked.drops && socket_.is_tcp && !asked.is_timed() && socket_.received >= much);
  return submit_on(socket_, asked);
}

/// Not shutdown(2) with SHUT_RD: what the peer sends after that is left unread, and makes the close a reset.
void stream::shutdown_receive() {
  if (receiving_ended_) return;
  wake_late(false);
  const std::uint64_t at_hand = unread();
  receiving_ended_ = true;
  most_received_ = static_cast<std::uint32_t>(socket_.received + at_hand);
  if (!socket_.reading() || at_hand > 0) return;
  made_end_ = true;
  engine().complete(*socket_.reading(), 0);
}

/// What had come when receiving was ended is still given, with what came along with it.
bool stream::submit_last(receive_operation& asked) {
  const std::uint32_t beyond = static_cast<std::uint32_t>(socket_.received) - most_received_;
  if (beyond > UINT32_MAX / 2) return submit_on(socket_, asked);
  made_end_ = true;
  static_cast<void>(is_over(asked));
  return true;
}

void stream::abort_on_close() noexcept {
  const linger at_once{1, 0};
  ::setsockopt(socket_.number(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
}

bool stream::is_hung_up() const noexcept {
  pollfd asked{socket_.number(), 0, 0};
  return ::poll(&asked, 1, 0) > 0 && (asked.revents & POLLHUP) != 0;
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

std::string_view stream::transport() const noexcept { return is_internet(remote_.get()) ? "tcp" : "unix"; }

}  // namespace ahoy::inline v0
