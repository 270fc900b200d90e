#pragma once
#include <ahoy/address/address.hpp>
#include <ahoy/address/host.hpp>
#include <ahoy/address/hostname.hpp>
#include <ahoy/address/lookup.hpp>
#include <ahoy/address/port.hpp>
#include <ahoy/socket/fd.hpp>

#include <chrono>
#include <cstddef>
#include <iosfwd>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace ahoy::inline v0 {

/// What shutdown closes. The values are the system's.
enum class half : int { receiving = SHUT_RD, sending = SHUT_WR, both = SHUT_RDWR };

/// The hand-out's socket, with its methods in its words. Every method blocks until it is done, or until the
/// timeout that settimeout set; a signal that is handled does not end it. Failures throw ahoy::error; end of
/// stream is no failure. Move-only; the descriptor is close-on-exec and closed with the object. One thread
/// may receive while another sends; everything else is for one thread at a time.
///
/// What it sets beyond the system's defaults: TCP sends at once (TCP_NODELAY) and asks after a silent peer
/// (SO_KEEPALIVE); a TCP address whose former server is gone can be bound at once (SO_REUSEADDR: connections
/// of the old server may still linger for a minute; a live server's address stays taken); an IPv6 socket
/// bound to "" serves IPv4 too; a socket file is mode 0600. setsockopt changes each of the options.
class socket {
 public:
  explicit socket(ahoy::family of, socket_type type = socket_type::stream, ahoy::protocol kind = {});
  /// Takes over a socket that is open already. Throws ahoy::error (not_a_socket, …).
  explicit socket(fd owned);

  /// To bind to `""` is to bind to every address, port 0 is the system's choice. Of several addresses the
  /// first is taken.
  void bind(const host& name, const port& service);
  void bind(const address& local);
  /// At most `backlog` callers wait to be accepted; the system caps it (net.core.somaxconn).
  void listen(int backlog = SOMAXCONN);
  /// The next caller: `auto [c, addr] = s.accept();`. The new socket has no timeout. A caller that left while
  /// it waited is passed over.
  [[nodiscard]] std::pair<socket, address> accept();

  /// Tries every address that the name has in this socket's family, in order, until one takes the call; the
  /// timeout is for all of them. Throws the first one's error.
  void connect(const host& name, const port& service);
  void connect(const address& peer);

  /// Up to `limit` bytes, as many as have come; of a datagram the rest is lost, as everywhere. Empty at the
  /// end of a stream (or for an empty datagram).
  [[nodiscard]] std::string recv(std::size_t limit);
  /// As recv, and who sent it (an unspecified address on a connected stream): `auto [bytes, from] =
  /// s.recvfrom(65535);`.
  [[nodiscard]] std::pair<std::string, address> recvfrom(std::size_t limit);
  /// Hands bytes to the system, and returns how many it took: on a stream possibly fewer than all.
  std::size_t send(std::string_view bytes);
  /// All of them. An error says how many were taken before; whether the peer has those is not known.
  void sendall(std::string_view bytes);
  /// One datagram. For a broadcast address set SO_BROADCAST first.
  std::size_t sendto(std::string_view bytes, const host& name, const port& service);
  std::size_t sendto(std::string_view bytes, const address& receiver);

  void shutdown(half which);
  /// May be called twice. On a stream with unread bytes Linux resets the connection: read to the end first.
  void close() noexcept;

  /// For each call from now on: none waits for ever, 0 never waits (a call that would throws
  /// operation_would_block), any other throws timed_out when it is over. Throws ahoy::error (out_of_range) if
  /// negative.
  void settimeout(std::optional<std::chrono::nanoseconds> timeout);
  [[nodiscard]] std::optional<std::chrono::nanoseconds> gettimeout() const noexcept { return timeout_; }

  /// setsockopt(2), for the options whose value is an int; a bool is 1 or 0.
  void setsockopt(int level, int option, int value);
  /// For any other.
  void setsockopt(int level, int option, std::span<const std::byte> value);
  [[nodiscard]] int getsockopt(int level, int option) const;

  [[nodiscard]] address getsockname() const;
  /// Throws ahoy::error (not_connected) where there is no peer.
  [[nodiscard]] address getpeername() const;

  [[nodiscard]] ahoy::family family() const noexcept { return family_; }
  [[nodiscard]] socket_type type() const noexcept { return type_; }
  /// Still owned here; -1 after close.
  [[nodiscard]] int fileno() const noexcept { return fd_.get(); }
  /// Gives the descriptor up; this socket is closed then. Under a timeout it is in non-blocking mode.
  [[nodiscard]] fd detach() noexcept { return std::move(fd_); }

  /// The hand-out's tuple, protocol, local half and remote half: "(tcp, 127.0.0.1:40112, 127.0.0.1:23456)"; a
  /// half that is not there is "-". "(closed)" after close.
  [[nodiscard]] std::string to_string() const;

 private:
  class waiting;  // one call's deadline

  template <typename Call>
  ssize_t carry_out(const waiting& wait, short events, const char* verb, Call call);
  void start_connect(const address& peer, const waiting& wait);
  void connect_local(const address& peer);
  void finish_connect(const address& peer, const waiting& wait);
  void connect_before(const address& peer, const std::string& name, const waiting& wait);
  void forget_peer() noexcept;
  std::size_t send_some(std::string_view bytes, const waiting& wait);
  void set_usual_options();
  void set_non_blocking(bool on);
  [[nodiscard]] std::string other_side() const;
  [[nodiscard]] std::string protocol_name() const;
  [[noreturn]] void fail(const char* verb, std::string where) const;

  fd fd_;
  ahoy::family family_;
  socket_type type_;
  std::optional<std::chrono::nanoseconds> timeout_;
  std::string peer_;  // for errors: getpeername forgets it with the connection
};

std::ostream& operator<<(std::ostream& out, const socket& value);

}  // namespace ahoy::inline v0
