#pragma once
#include <ahoy/address/kept_address.hpp>
#include <ahoy/connection/connection.hpp>

namespace ahoy::inline v0 {

/// Of a TCP socket: small messages leave at once, and a peer that vanished is noticed in the end. A listener
/// passes that on to whom it accepts (sk_clone_lock in sock.c).
void set_manners(int socket) noexcept;

/// A connection over a connected stream socket: TCP, Unix.
class stream : public connection {
 public:
  /// Takes a connected socket. TCP sockets get TCP_NODELAY and keepalive. `remote` may be given where it is
  /// known.
  stream(ahoy::engine& by, fd connected, const address& remote);
  stream(ahoy::engine& by, fd connected);
  /// Takes over one that has its manners: it was a stream before, here or elsewhere, or was accepted by a
  /// listener.
  stream(ahoy::engine& by, fd connected, const address& remote, std::string label);

  void shutdown_send() override;
  void shutdown_receive() override;
  [[nodiscard]] bool left_unheard() const noexcept override { return made_end_ && unread() > 0; }
  void abort_on_close() noexcept override;
  /// Both halves are over: of a Unix socket, nobody has the other end open any more.
  [[nodiscard]] bool is_hung_up() const noexcept;
  [[nodiscard]] ahoy::engine& engine() const noexcept override { return socket_.engine(); }
  [[nodiscard]] address local() const override;
  [[nodiscard]] address remote() const override { return remote_.get(); }
  [[nodiscard]] std::string_view transport() const noexcept override;
  [[nodiscard]] std::uint64_t bytes_received() const noexcept override { return socket_.received; }
  [[nodiscard]] std::uint64_t bytes_sent() const noexcept override { return socket_.sent; }
  [[nodiscard]] std::uint64_t progress() const noexcept override;

 protected:
  /// What SO_RCVLOWAT says holds for whoever else has the socket, too.
  void wake_late(bool late) noexcept;

 private:
  bool submit(receive_operation& asked) override {
    const bool is_plain = !receiving_ended_ && !is_woken_late_ && !asked.drops;
    return is_plain ? submit_on(socket_, asked) : submit_special(asked);
  }
  bool submit(send_operation& asked) override { return submit_on(socket_, asked); }
  bool submit(send_file_operation& asked) override { return submit_on(socket_, asked); }
  bool submit_special(receive_operation& asked);
  bool submit_last(receive_operation& asked);
  [[nodiscard]] std::uint64_t unread() const noexcept;

  descriptor socket_;
  kept_address remote_;
  bool receiving_ended_ = false;
  bool made_end_ = false;            // a receive was told so
  bool is_woken_late_ = false;       // not by less than SO_RCVLOWAT bytes
  std::uint32_t most_received_ = 0;  // where it is told so, modulo 2^32
};

}  // namespace ahoy::inline v0
