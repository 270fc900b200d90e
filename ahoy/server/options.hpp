#pragma once
#include <ahoy/address/address.hpp>
#include <ahoy/address/network.hpp>
#include <ahoy/connection/security.hpp>
#include <ahoy/engine/select.hpp>
#include <ahoy/server/admission.hpp>
#include <ahoy/task/context.hpp>

#include <sys/socket.h>

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ahoy::inline v0 {

/// How a server runs its handler (Stevens, UNP vol. 1, chapter 30).
enum class model {
  iterative,  ///< one caller at a time; the next ones are connected and wait
  event,      ///< all at once, each loop on one thread
  process,    ///< each caller in a process of its own: fork for each, or so many that are kept
  thread,     ///< each caller in a thread of its own: one made for each, or so many that are kept
};

/// "iterative", "event", "process", "thread". Throws error (malformed) for any other text.
[[nodiscard]] model parse_model(std::string_view text);
[[nodiscard]] std::string_view to_string(model which) noexcept;

struct server_options {
  ahoy::model model = ahoy::model::event;
  /// How many are kept: processes, threads, or loops of event. 0: a process or thread for each caller, and
  /// one loop, the server's own.
  std::size_t workers = 0;
  engine_choice engine = engine_choice::automatic;  ///< of the server's own loop, and of those of event
  int backlog = SOMAXCONN;
  /// 0: see default_max_clients(). One more is told `busy`, unless a peer of datagrams is here: nobody can
  /// know whether it has left, so the one that was silent for longest makes way.
  std::size_t max_clients = 0;
  /// It does so for another peer of datagrams only once it has been silent for so long: else more of them
  /// than there are places would put each other out, in the middle of what they say. Whoever connects has
  /// shown that it is there, which a sender of datagrams, who may be forged, has not: it is not kept waiting.
  duration silence = std::chrono::seconds{1};
  /// What one more is told over a stream without TLS. Over TLS it is an alert, in a datagram "busy".
  std::string busy = "busy\n";
  /// What one address may have, of connections and, apart from them since their senders may be forged, of
  /// datagrams' peers. One more is told `busy`; of datagrams in conversation, one from there that has been
  /// silent for `silence` makes way first. Callers of Unix sockets have no address, and no such limit.
  address_limits per_address = {};
  duration idle_timeout = no_timeout;  ///< of a caller that sends nothing
  /// Of a caller for whom something waits, and who takes none of it: it is cut after so long, by whom and
  /// however it is served. A room has its own rule (room_options), and of datagrams nothing waits.
  duration stall_timeout = std::chrono::minutes{2};
  duration drain = std::chrono::seconds{2};  ///< from stop() until those that still talk are cut; before
                                             ///< that, up to 2 s, the time that one has to go who was served
  std::vector<network> allow = {};           ///< where not empty, only these may call
  std::vector<network> deny = {};
  bool once = false;  ///< serve one caller, then end
  family wanted = family::unspecified;
  /// What answers on tls endpoints (make_tls_server()); without it there are none. What a caller has to show,
  /// and the time for the handshake, are its own.
  std::shared_ptr<const security> tls = {};
  std::optional<address> source = {};  ///< the interface on which a group is joined
};

}  // namespace ahoy::inline v0
