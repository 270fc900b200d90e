#pragma once
#include <ahoy/protocol/carrier.hpp>
#include <ahoy/protocol/tls_session.hpp>

namespace ahoy::inline v0 {

/// TLS on top of another carrier.
class tls_carrier final : public carrier {
 public:
  tls_carrier(std::unique_ptr<carrier> below, tls_session session);

  /// Before anything else. Throws error: not_trusted, handshake_failed, and what the carrier below
  /// throws.
  task<> shake_hands();
  /// The end of the stream is what the peer has said to be one (close_notify); another end is cut_short.
  task<std::string> receive() override;
  task<> send(std::string_view bytes) override;
  [[nodiscard]] const std::string& peer() const noexcept override { return below_->peer(); }

 private:
  task<> fill();
  task<> flush();
  task<> shake();

  std::unique_ptr<carrier> below_;
  tls_session session_;
  bool is_flushing_ = false;
};

}  // namespace ahoy::inline v0
