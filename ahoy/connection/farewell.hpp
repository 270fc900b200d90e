#pragma once
#include <ahoy/connection/connection.hpp>

namespace ahoy::inline v0 {

/// Ends a conversation so that nothing which was sent is lost: our half is closed, and what the peer still
/// sends is read and dropped until it ends its half or `limit` has passed. (A close with bytes unread is a
/// reset, and a reset may overtake what the peer has not read yet: RFC 9293, 3.10.4; RFC 1122, 4.2.2.13.)
task<> farewell(connection& peer, duration limit);

}  // namespace ahoy::inline v0
