#pragma once
#include <ahoy/connection/connection.hpp>

namespace ahoy::inline v0 {

/// Ends a conversation so that nothing which was sent is lost: our half is closed, and what the peer still
/// sends is read and dropped until it ends its half or `limit` has passed. Of one who sends more than 4 MiB
/// the rest is left unread, so that the close tells it by a reset. (A close with bytes unread is a reset, and
/// a reset may overtake what the peer has not read yet: RFC 9293, 3.10.4; RFC 1122, 4.2.2.13.)
task<> farewell(connection& peer, duration limit);
/// Whether the close alone would not do: it does once the peer's end has come and nothing before it is
/// unread, since the kernel then still delivers what was sent, and our end after it. Of datagrams there is
/// none to say; in memory there always is.
[[nodiscard]] bool needs_farewell(connection& peer) noexcept;

/// The same for who does not wait until the peer ends: until its system has acknowledged what was sent, our
/// end included, or `limit` has passed. What is lost afterwards its program had the chance to read. What came
/// after shutdown_receive() is left unread, so that the close tells of it.
task<> short_farewell(connection& peer, duration limit);

/// Ends a conversation that was cut, so that the peer cannot take it for one that ended well: by a reset
/// where the transport has one, once the peer's system has acknowledged what was sent or `limit` has passed.
/// (What was acknowledged the peer's program can still read on Linux; others may drop it at the reset.) A
/// Unix socket's close is a failure to the peer where something it sent was left unread, else a plain end.
task<> cut_off(connection& peer, duration limit);

/// Says that our half ends, where that takes words (TLS), and waits until they are the kernel's or `limit`
/// has passed. The rest of the farewell is for whoever has what is below.
task<> last_word(connection& peer, duration limit);

/// Drops what has come by now and nobody will read, which would make the close a reset; not without end,
/// since the peer may send faster than we drop.
void discard_received(descriptor& from) noexcept;

}  // namespace ahoy::inline v0
