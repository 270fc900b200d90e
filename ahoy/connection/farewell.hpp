#pragma once
#include <ahoy/connection/connection.hpp>

namespace ahoy::inline v0 {

/// Ends a conversation so that nothing which was sent is lost: our half is closed, and what the peer still
/// sends is read and dropped until it ends its half or `limit` has passed. Of one who sends more than 4 MiB
/// the rest is left unread, so that the close tells it by a reset. (A close with bytes unread is a reset, and
/// a reset may overtake what the peer has not read yet: RFC 9293, 3.10.4; RFC 1122, 4.2.2.13.)
task<> farewell(connection& peer, duration limit);

/// The same for who does not wait until the peer ends: until its system has acknowledged what was sent, our
/// end included, or `limit` has passed. What is lost afterwards its program had the chance to read.
task<> short_farewell(connection& peer, duration limit);

}  // namespace ahoy::inline v0
