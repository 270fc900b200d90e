#include <ahoy/connection/connection.hpp>
#include <ahoy/protocol/carrier.hpp>
#include <ahoy/protocol/transfer.hpp>

namespace ahoy::inline v0 {

namespace {

class connection_carrier final : public carrier {
 public:
  connection_carrier(std::unique_ptr<connection> stream, std::string peer)
      : stream_{std::move(stream)}, peer_{std::move(peer)} {}

  task<std::string> receive() override {
    const bytes come = co_await stream_->receive();
    co_return std::string{come.text()};
  }
  task<> send(std::string_view bytes) override { co_await stream_->send(bytes); }
  const std::string& peer() const noexcept override { return peer_; }
  std::unique_ptr<connection> release() noexcept override { return std::move(stream_); }

 private:
  std::unique_ptr<connection> stream_;
  std::string peer_;
};

class transfer_carrier final : public carrier {
 public:
  explicit transfer_carrier(std::unique_ptr<transfer> connected) : connected_{std::move(connected)} {}

  task<std::string> receive() override { return connected_->receive_raw(); }
  task<> send(std::string_view bytes) override { return connected_->send_raw(bytes); }
  const std::string& peer() const noexcept override { return connected_->server(); }

 private:
  std::unique_ptr<transfer> connected_;
};

}  // namespace

std::unique_ptr<connection> carrier::release() noexcept { return nullptr; }

std::unique_ptr<carrier> carry_over(std::unique_ptr<connection> stream, std::string peer) {
  return std::make_unique<connection_carrier>(std::move(stream), std::move(peer));
}

std::unique_ptr<carrier> carry_over(std::unique_ptr<transfer> connected) {
  return std::make_unique<transfer_carrier>(std::move(connected));
}

}  // namespace ahoy::inline v0
