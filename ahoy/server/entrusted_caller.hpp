#pragma once
#include <ahoy/connection/security.hpp>

#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace ahoy::inline v0 {

/// A caller over TLS whose worker speaks it: the server has its socket, and knows of the rest what it is
/// told.
class entrusted_caller final : public secure_connection {
 public:
  entrusted_caller(std::unique_ptr<connection> socket, time_point agreed_by)
      : socket_{std::move(socket)}, agreed_by_{agreed_by} {
    go_over(*socket_->native());
    if (std::string label = socket_->own_label(); !label.empty()) set_label(std::move(label));
    set_timeout(socket_->timeout());
  }
  /// The handshake is over: "TLSv1.3", or that and the fingerprint of the caller's key.
  void agreed(std::string_view what) {
    const std::size_t end = what.find(' ');
    version_ = what.substr(0, end);
    if (end != what.npos) peer_key_ = what.substr(end + 1);
  }
  [[nodiscard]] time_point agreed_by() const noexcept { return agreed_by_; }
  void agree_by(time_point due) noexcept override { agreed_by_ = due; }

  [[nodiscard]] std::string version() const override { return version_; }
  [[nodiscard]] std::string peer_key() const override { return peer_key_; }
  [[nodiscard]] bool has_halves() const override { return version_ != "TLSv1.2"; }
  void shutdown_send() override { socket_->shutdown_send(); }
  void shutdown_receive() override { socket_->shutdown_receive(); }
  [[nodiscard]] bool left_unheard() const noexcept override { return socket_->left_unheard(); }
  void abort_on_close() noexcept override { socket_->abort_on_close(); }
  [[nodiscard]] ahoy::engine& engine() const noexcept override { return socket_->engine(); }
  [[nodiscard]] address local() const override { return socket_->local(); }
  [[nodiscard]] address remote() const override { return socket_->remote(); }
  [[nodiscard]] std::string_view transport() const noexcept override { return "tls"; }
  [[nodiscard]] connection& wire() noexcept override { return *socket_; }
  [[nodiscard]] std::uint64_t bytes_received() const noexcept override { return 0; }
  [[nodiscard]] std::uint64_t bytes_sent() const noexcept override { return 0; }
  [[nodiscard]] std::uint64_t progress() const noexcept override { return socket_->progress(); }

 private:
  bool submit(receive_operation& asked) override { return submit_on(*native(), asked); }
  bool submit(send_operation& asked) override { return submit_on(*native(), asked); }

  std::unique_ptr<connection> socket_;
  time_point agreed_by_;
  std::string version_, peer_key_;
};

}  // namespace ahoy::inline v0
