#pragma once
#include <ahoy/connection/stream.hpp>

namespace ahoy::inline v0 {

/// A stream that stands for a caller whose bytes another carries: it has the caller's names.
class stand_in final : public connection {
 public:
  /// `caller` must outlive it.
  stand_in(connection& caller, fd connected)
      : caller_{caller}, carried_{caller.engine(), std::move(connected)} {
    go_over(*carried_.native());
    set_label(caller.label());
    set_timeout(caller.timeout());
  }

  void shutdown_send() override { carried_.shutdown_send(); }
  void shutdown_receive() override { carried_.shutdown_receive(); }
  [[nodiscard]] ahoy::engine& engine() const noexcept override { return carried_.engine(); }
  [[nodiscard]] address local() const override { return caller_.local(); }
  [[nodiscard]] address remote() const override { return caller_.remote(); }
  [[nodiscard]] std::string_view transport() const noexcept override { return caller_.transport(); }
  [[nodiscard]] std::uint64_t bytes_received() const noexcept override { return carried_.bytes_received(); }
  [[nodiscard]] std::uint64_t bytes_sent() const noexcept override { return carried_.bytes_sent(); }
  [[nodiscard]] std::uint64_t progress() const noexcept override { return carried_.progress(); }

 private:
  bool submit(receive_operation& asked) override { return submit_on(*native(), asked); }
  bool submit(send_operation& asked) override { return submit_on(*native(), asked); }

  connection& caller_;
  stream carried_;
};

}  // namespace ahoy::inline v0
