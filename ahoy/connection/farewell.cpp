#include <ahoy/connection/farewell.hpp>

#include <sys/socket.h>

#include <cerrno>

namespace ahoy::inline v0 {

namespace {

/// Drops some of what has come; one who never stops sending must not keep others from their turn. false:
/// nothing more will come.
bool discard_some(int socket) {
  char dropped[16 * 1024];
  const ssize_t got = ::recv(socket, dropped, sizeof dropped, MSG_DONTWAIT);
  return got > 0 || (got < 0 && (errno == EAGAIN || errno == EINTR));
}

task<> discard_until_end(engine& by, descriptor& socket) {
  while (discard_some(socket.number())) co_await by.ready(socket, POLLIN);
}

}  // namespace

task<> farewell(connection& peer, duration limit) {
  if (peer.keeps_boundaries()) co_return;
  peer.shutdown_send();
  if (!peer.native()) co_return;
  try {
    const time_point due = deadline_after(peer.engine().now(), limit);
    co_await with_deadline(due, discard_until_end(peer.engine(), *peer.native()));
  } catch (const std::system_error&) {
    // Time is up, or we are told to stop: what is lost now the peer chose not to read.
  }
}

}  // namespace ahoy::inline v0
