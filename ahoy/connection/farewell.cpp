#include <ahoy/connection/farewell.hpp>

#include <sys/socket.h>

#include <cerrno>

namespace ahoy::inline v0 {

namespace {

/// Drops what has come. false: nothing more will.
bool discard_received(int socket) {
  char dropped[4096];
  for (;;) {
    const ssize_t got = ::recv(socket, dropped, sizeof dropped, MSG_DONTWAIT | MSG_TRUNC);
    if (got > 0 || (got < 0 && errno == EINTR)) continue;
    return got < 0 && errno == EAGAIN;
  }
}

task<> discard_until_end(engine& by, descriptor& socket) {
  while (discard_received(socket.number())) co_await by.ready(socket, POLLIN);
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
