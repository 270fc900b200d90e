#pragma once
#include <ahoy/address/address.hpp>
#include <ahoy/address/network.hpp>
#include <ahoy/engine/select.hpp>
#include <ahoy/task/context.hpp>

#include <sys/socket.h>

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

namespace ahoy::inline v0 {

/// How a server runs its handler (Stevens, UNP vol. 1, chapter 30).
enum class model {
  iterative,  ///< one caller at a time; the next ones are connected and wait
  event,      ///< all at once on one thread
};

/// "iterative", "event". Throws error (malformed) for any other text.
[[nodiscard]] model parse_model(std::string_view text);
[[nodiscard]] std::string_view to_string(model which) noexcept;

struct server_options {
  ahoy::model model = ahoy::model::event;
  engine_choice engine = engine_choice::automatic;
  int backlog = SOMAXCONN;
  /// 0: what descriptors allow, less 32 for everything else. One more is told `busy`, unless a peer of
  /// datagrams is here: nobody can know whether it has left, so the one that was silent for longest makes
  /// way.
  std::size_t max_clients = 0;
  duration idle_timeout = no_timeout;        ///< of a caller that sends nothing
  duration drain = std::chrono::seconds{2};  ///< from stop() until those that still talk are cut
  std::vector<network> allow = {};           ///< where not empty, only these may call
  std::vector<network> deny = {};
  bool once = false;  ///< serve one caller, then end
  family wanted = family::unspecified;
  std::optional<address> source = {};  ///< the interface on which a group is joined
};

}  // namespace ahoy::inline v0
