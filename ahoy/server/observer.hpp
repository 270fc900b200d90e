#pragma once
#include <ahoy/address/endpoint.hpp>
#include <ahoy/connection/connection.hpp>
#include <ahoy/error/log.hpp>
#include <ahoy/server/callers.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace ahoy::inline v0 {

/// What strangers can bring about as often as they like.
enum class turned_away { busy, denied, made_way, insecure, too_many, too_often };

/// Told what happens at a server, on the server's thread. Peers' text in `why` is escaped. The defaults do
/// nothing but where it is said.
class observer {
 public:
  virtual ~observer() = default;
  virtual void listening(scheme, const address& /*on*/) {}
  /// Every endpoint is listened on, and nobody was accepted yet: what this throws ends the server.
  virtual void bound() {}
  /// After bound(): workers that are kept have been started, and callers are answered from now on.
  virtual void ready() {}
  /// Connected, and not served before others have left: there are no more workers, or, under iterative,
  /// turns.
  virtual void waiting(const connection& /*caller*/, std::size_t /*ahead*/) {}
  /// Of datagrams, the next caller from an address may join before the one before it has left().
  virtual void joined(const connection& /*caller*/) {}
  /// Its half is closed: nothing more will be heard of it. Told by the handlers that stay for more.
  virtual void ended_its_half(const connection& /*caller*/) {}
  /// "done", or what ended the conversation before its time: a handler that threw, the peer, the server. That
  /// is logged where nobody else tells it.
  virtual void left(const connection& caller, std::string_view why) {
    if (why != "done") log(log_level::notice, caller.label() + " left: " + std::string{why});
  }
  /// The same with all that is known of it, just before left(): bytes, since when, what TLS was agreed on.
  virtual void departed(callers::caller& /*who*/, std::string_view /*why*/) {}
  /// Found no place, was told so and closed: as many as may be are here, and none of them makes way.
  virtual void busy(const address& /*caller*/, std::size_t /*here*/) {}
  /// There was a place, but the system had no process, thread or descriptor: it was told `busy` and closed.
  virtual void no_worker(const address& /*caller*/, std::string_view /*why*/) {}
  virtual void denied(const address& /*caller*/) {}
  /// A peer of datagrams that has been silent for longest has to leave, since a newer caller needs its place;
  /// left() follows.
  virtual void made_way(const connection& /*caller*/) {}
  /// As many as may be from its address are here (server_options::per_address): told `busy`, and closed.
  virtual void too_many(const address& /*caller*/, std::size_t /*here*/) {}
  /// From its address others came a moment ago, more than may be in a time: told `busy`, and closed.
  virtual void too_often(const address& /*caller*/) {}
  /// No TLS was agreed on with it, so that it never joined.
  virtual void insecure(const connection& caller, std::string_view why) {
    log(log_level::notice, caller.label() + " did not join: " + std::string{why});
  }
  /// So many more than were named by the seven above: those are told at a bounded rate (see rate_limit).
  virtual void untold(turned_away, std::uint64_t /*callers*/) {}
  /// Nobody can be accepted for now: descriptors or memory ran out.
  virtual void exhausted(std::string_view /*why*/) {}
  /// Messages for a slow caller that were dropped since the last time this was told.
  virtual void dropped(std::string_view /*label*/, std::uint64_t /*messages*/) {}
  /// A message that no datagram holds, and that this caller therefore was not sent.
  virtual void too_large(std::string_view /*label*/, std::size_t /*bytes*/) {}
};

}  // namespace ahoy::inline v0
