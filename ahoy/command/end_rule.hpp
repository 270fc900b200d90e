#pragma once
#include <ahoy/command/options.hpp>
#include <ahoy/connection/connection.hpp>

namespace ahoy::inline v0 {

/// Until when the peer is listened to once our input has ended.
enum class listen_until {
  peer_ends,  ///< its half too
  settled,    ///< what we sent is acknowledged
  limit,      ///< for so long, or until it ends
  at_once,
};

/// The end, one rule for every stream verb: when our input ends, our half is closed and the peer is listened
/// to until it ends its half; the order of the two does not matter, and there is no timer. --after-eof
/// changes it.
struct end_rule {
  listen_until until = listen_until::peer_ends;
  duration limit = no_timeout;  ///< of listen_until::limit
  bool sends_all = false;   ///< the input is sent whole, also to a peer that ended its half; else that ends
                            ///< the input too, but for what is at hand
  bool ends_last = false;   ///< our half is closed only when the peer has ended its own
  bool keeps_open = false;  ///< our half is closed only when the peer has ended its own, which ends no input
};

/// The rule for this connection: over TLS 1.2 our end makes the peer end, too, and drop what it had to say;
/// so where its end is awaited it goes first.
[[nodiscard]] end_rule rule_for(end_rule asked, const connection& with, const after_eof& given);

/// `call`, and `listen --once`: close means as soon as what we sent is acknowledged.
[[nodiscard]] end_rule rule_of_call(const after_eof& asked) noexcept;
/// `send`: with less than `closed` to confirm, that much is waited for and no more, unless --after-eof says
/// otherwise.
[[nodiscard]] end_rule rule_of_send(const after_eof& asked, confirmation wanted) noexcept;

/// Datagrams have no end: how long to listen after our input's. One second where nothing was said.
[[nodiscard]] duration datagram_limit(const after_eof& asked) noexcept;

}  // namespace ahoy::inline v0
