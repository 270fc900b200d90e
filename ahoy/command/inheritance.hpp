#pragma once
#include <ahoy/address/endpoint.hpp>
#include <ahoy/server/listening_socket.hpp>

#include <optional>
#include <span>
#include <string>
#include <vector>

namespace ahoy::inline v0 {

/// A socket that was opened by whoever started this process.
struct given_socket {
  int number = -1;
  std::string name;                     ///< LISTEN_FDNAMES; empty: none
  std::optional<std::size_t> endpoint;  ///< where a listener before this one said so
  file_is file = file_is::theirs;
};

/// What a process finds open when it begins: from a service manager, by the protocol of sd_listen_fds(3), or
/// from the listener that it succeeds, which adds AHOY_SUCCESSOR: the number of a descriptor to say `ready`
/// to, and for each socket the number of its endpoint, with a + where its file goes with it.
struct inheritance {
  std::vector<given_socket> sockets;
  std::optional<int> successor_of;  ///< the descriptor to say `ready` to

  /// An endpoint for each socket: tcp, udp or unix, or tls where it is named so.
  [[nodiscard]] std::vector<endpoint> endpoints() const;
};

/// As the environment says; empty where it says nothing, or says it to another process. Whoever sets it may
/// be wrong: throws error (malformed, bad_file_descriptor, not_a_socket).
[[nodiscard]] inheritance find_inheritance();
/// Takes the sockets over: none of them, nor a word of them in the environment, is seen by programs that are
/// started from now on. Each serves the endpoint that it was opened for. Throws error where that is none.
[[nodiscard]] std::vector<inherited_socket> claim(const inheritance& all, std::span<const endpoint> on);

}  // namespace ahoy::inline v0
