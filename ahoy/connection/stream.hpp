#pragma once
#include <ahoy/connection/connection.hpp>

namespace ahoy::inline v0 {

/// A connection over a connected stream socket: TCP, Unix.
class stream final : public connection {
 public:
  /// Takes a connected socket. TCP sockets get TCP_NODELAY and keepalive. `remote` may be given where it is
  /// known.
  stream(ahoy::engine& by, fd connected, const address& remote);
  stream(ahoy::engine& by, fd connected);
  /// Takes over one that was a stream before, here or elsewhere, with its manners and its label.
  stream(ahoy::engine& by, fd connected, const address& remote, std::string label);

  void shutdown_send() override;
  void shutdown_receive() override;
  void abort_on_close() noexcept override;
  [[nodiscard]] ahoy::engine& engine() const noexcept override { return socket_.engine(); }
  [[nodiscard]] address local() const override;
  [[nodiscard]] address remote() const override { return remote_; }
  [[nodiscard]] std::string_view transport() const noexcept override;
  [[nodiscard]] descriptor* native() noexcept override { return &socket_; }
  [[nodiscard]] std::uint64_t bytes_received() const noexcept override { return socket_.received; }
  [[nodiscard]] std::uint64_t bytes_sent() const noexcept override { return socket_.sent; }
  [[nodiscard]] std::uint64_t progress() const noexcept override;

 private:
  bool submit(receive_operation& asked) override { return receiving_ended_ || engine().submit(asked); }
  bool submit(send_operation& asked) override { return engine().submit(asked); }

  descriptor socket_;
  address remote_;
  bool receiving_ended_ = false;
};

}  // namespace ahoy::inline v0
