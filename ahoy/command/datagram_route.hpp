#pragma once
#include <ahoy/connection/datagram.hpp>

#include <cstddef>
#include <list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ahoy::inline v0 {

/// The addresses of a name that datagrams go to, each tried through a socket of its own: at first the first
/// one that the system has a way to. Datagrams know no connection to race for, as streams do: only what is
/// sent to an address shows whether anybody is there.
class datagram_route {
 public:
  /// A `source` that is a wildcard is that of each one's family. Throws error where the system has a way to
  /// none of them.
  datagram_route(engine& by, std::vector<address> found, std::optional<address> source);

  /// Sockets of addresses that were tried before stay as they are.
  [[nodiscard]] datagram_socket& socket() noexcept { return tried_.back(); }
  /// Sends `unheard` to the next address, and makes socket() its own. false: there is none that takes it.
  [[nodiscard]] bool move_on(std::string_view unheard);
  /// What was tried and what was not, for a hint; empty where the name has one address.
  [[nodiscard]] std::string in_words() const;

 private:
  void open_next();
  [[nodiscard]] bool sends(std::string_view unheard);

  engine& by_;
  std::vector<address> found_;
  std::optional<address> source_;
  std::size_t next_ = 0;  // of those that were found
  std::list<datagram_socket> tried_;
};

}  // namespace ahoy::inline v0
