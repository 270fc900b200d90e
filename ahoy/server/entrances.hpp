#pragma once
#include <ahoy/address/endpoint.hpp>
#include <ahoy/connection/datagram.hpp>
#include <ahoy/connection/listener.hpp>
#include <ahoy/server/listening_socket.hpp>
#include <ahoy/server/options.hpp>

#include <cstddef>
#include <vector>

namespace ahoy::inline v0 {

/// Where callers come in.
struct entrance {
  std::size_t endpoint;  ///< its number
  listener at;
  bool is_secure;  ///< they speak TLS
};

/// All that a server listens on: what it opened itself, and what it found open. Belongs to the thread of its
/// engine.
class entrances {
 public:
  /// All must outlive this. Of `inherited` the sockets are taken that serve an endpoint.
  entrances(engine& by, const server_options& options, std::vector<inherited_socket>& inherited) noexcept
      : by_{by}, options_{options}, inherited_{inherited} {}

  /// Throws error where one of them cannot be listened on.
  task<> open(const std::vector<endpoint>& all);
  /// In the order of the endpoints.
  [[nodiscard]] std::vector<listening_socket> listening() const;

  [[nodiscard]] std::vector<entrance>& listeners() noexcept { return listeners_; }
  [[nodiscard]] std::vector<datagram_socket>& datagrams() noexcept { return datagrams_; }
  /// The files of Unix sockets stay when those are closed.
  void leave_files() noexcept;
  /// Nobody can connect any more; datagrams still go out.
  void close_listeners() noexcept { listeners_.clear(); }

 private:
  task<> open_endpoint(std::size_t number, endpoint on);
  task<> open_file(std::size_t number, scheme as, address on);
  void open_address(std::size_t number, scheme as, const address& on);
  bool take_over(std::size_t number, scheme as);
  void take_over(inherited_socket& opened, scheme as);

  engine& by_;
  const server_options& options_;
  std::vector<inherited_socket>& inherited_;
  std::vector<entrance> listeners_;
  std::vector<datagram_socket> datagrams_;
  std::vector<std::size_t> endpoints_of_datagrams_;
};

}  // namespace ahoy::inline v0
