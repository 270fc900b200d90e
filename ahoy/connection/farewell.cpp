#include <ahoy/connection/farewell.hpp>

#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

namespace ahoy::inline v0 {

namespace {

/// A receive of the descriptor's own: the connection's may have been told to end. false at the end of the
/// stream, or at an error, which is one too.
struct discarding final : receive_operation {
  using receive_operation::receive_operation;
  [[nodiscard]] bool await_resume() const noexcept { return error == 0 && !received.empty(); }
};

bool is_reset(int socket) noexcept {
  tcp_info now{};
  socklen_t size = sizeof now;
  return ::getsockopt(socket, IPPROTO_TCP, TCP_INFO, &now, &size) != 0 || now.tcpi_state == TCP_CLOSE;
}

/// The end of our half counts as one byte (tcp(7), SIOCOUTQ). Of a Unix socket nothing is lost that was sent.
bool is_acknowledged(const connection& peer, int socket) noexcept {
  int unacknowledged = 0;
  return peer.transport() != "tcp" || ::ioctl(socket, SIOCOUTQ, &unacknowledged) != 0 ||
         unacknowledged == 0 || is_reset(socket);
}

/// With EPOLLET, the acknowledgement of our end is a change, and so is a reset.
task<> until_acknowledged(connection& peer, descriptor& socket) {
  while (!is_acknowledged(peer, socket.number())) co_await edge_operation{&socket};
}

/// Without our end on its way the kernel reports no acknowledgement, so we look, ever less often.
task<> until_taken(connection& peer, descriptor& socket) {
  constexpr duration longest = std::chrono::milliseconds{50};
  for (duration pause = std::chrono::milliseconds{1}; !is_acknowledged(peer, socket.number());
       pause = std::min(2 * pause, longest))
    co_await peer.engine().sleep(pause);
}

/// At once, and though another process may hold the socket too: connect(2) says of AF_UNSPEC that it
/// dissolves the association, and an open one of TCP is dissolved by a reset (tcp_disconnect in tcp.c).
void reset(connection& peer, int socket) noexcept {
  sockaddr nobody{};
  nobody.sa_family = AF_UNSPEC;
  if (peer.transport() != "tcp" || ::connect(socket, &nobody, sizeof nobody) != 0) peer.shutdown_send();
}

/// One who sends more than this has to be told that nobody reads it.
constexpr std::uint64_t most_discarded = std::uint64_t{4} * 1024 * 1024;

/// Of one who sends more, some is left unread, which makes the close a reset; but not before it has what we
/// sent.
task<> discard_until_end(connection& peer, descriptor& socket) {
  const std::uint64_t most = socket.received + most_discarded;
  bool goes_on = true;
  while (goes_on && socket.received < most) {
    discarding some{&socket};
    goes_on = co_await some;
  }
  if (goes_on) co_await until_acknowledged(peer, socket);
}

/// A worker may have received it, with a descriptor of its own.
bool is_at_end(const descriptor& socket) noexcept {
  char next = 0;
  return socket.at_end || ::recv(socket.number(), &next, 1, MSG_PEEK | MSG_DONTWAIT) == 0;
}

task<> in_time(connection& peer, duration limit, task<> work) {
  const time_point due = deadline_after(peer.engine().now(), limit);
  try {
    co_await with_deadline(due, std::move(work));
  } catch (const std::system_error&) {
    // Time is up, or we are told to stop: what is lost now the peer chose not to read.
  }
}

}  // namespace

bool needs_farewell(connection& peer) noexcept {
  const bool ends_in_words = &peer.wire() != &peer;
  return !peer.keeps_boundaries() && (ends_in_words || !(peer.native() && is_at_end(*peer.native())));
}

task<> last_word(connection& peer, duration limit) {
  if (&peer.wire() == &peer) co_return;
  peer.shutdown_send();
  co_await in_time(peer, limit, peer.until_sent());
}

task<> farewell(connection& peer, duration limit) {
  if (peer.keeps_boundaries()) co_return;
  const time_point due = deadline_after(peer.engine().now(), limit);
  co_await last_word(peer, limit);
  connection& wire = peer.wire();
  wire.shutdown_send();
  if (!wire.native()) co_return;
  co_await in_time(wire, limit == no_timeout ? limit : due - wire.engine().now(),
                   discard_until_end(wire, *wire.native()));
}

task<> cut_off(connection& peer, duration limit) {
  if (peer.keeps_boundaries()) co_return;
  connection& wire = peer.wire();
  wire.abort_on_close();
  if (!wire.native()) co_return;
  co_await in_time(wire, limit, until_taken(wire, *wire.native()));
  reset(wire, wire.native()->number());
}

task<> short_farewell(connection& peer, duration limit) {
  if (peer.keeps_boundaries()) co_return;
  co_await last_word(peer, limit);
  connection& wire = peer.wire();
  wire.shutdown_send();
  if (!wire.native()) co_return;
  co_await in_time(wire, limit, until_acknowledged(wire, *wire.native()));
  if (!wire.left_unheard()) discard_received(*wire.native());
}

void discard_received(descriptor& from) noexcept {
  char dropped[16 * 1024];
  for (std::uint64_t left = most_discarded; left >= sizeof dropped; left -= sizeof dropped)
    if (::recv(from.number(), dropped, sizeof dropped, MSG_DONTWAIT) <= 0) return;
}

}  // namespace ahoy::inline v0
