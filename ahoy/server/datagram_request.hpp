#pragma once
#include <ahoy/connection/connection.hpp>

#include <string>

namespace ahoy::inline v0 {

/// One datagram that asks for something, as a connection: it is received once, then the stream has ended;
/// what is sent goes to whoever asked, from the address that was asked, a datagram each.
class datagram_request final : public connection {
 public:
  /// Answers through `socket`, a descriptor of its own.
  datagram_request(ahoy::engine& by, fd socket, const datagram_header& header, std::string data);
  /// Released with the request: what counts the memory that requests take.
  void charge(std::shared_ptr<void> to) noexcept { charged_ = std::move(to); }

  void shutdown_send() override {}
  void shutdown_receive() override {}
  [[nodiscard]] ahoy::engine& engine() const noexcept override { return socket_.engine(); }
  [[nodiscard]] address local() const override { return header_.local; }
  [[nodiscard]] address remote() const override { return header_.peer.unmapped(); }
  [[nodiscard]] std::string_view transport() const noexcept override { return "udp"; }
  [[nodiscard]] bool keeps_boundaries() const noexcept override { return true; }
  [[nodiscard]] std::uint64_t bytes_received() const noexcept override { return data_.size(); }
  [[nodiscard]] std::uint64_t bytes_sent() const noexcept override { return socket_.sent; }

  [[nodiscard]] const datagram_header& header() const noexcept { return header_; }
  [[nodiscard]] const std::string& data() const noexcept { return data_; }
  [[nodiscard]] int socket() const noexcept { return socket_.number(); }

 private:
  bool submit(receive_operation& asked) override;
  bool submit(send_operation& asked) override;

  descriptor socket_;
  datagram_header header_;
  std::string data_;
  std::shared_ptr<void> charged_;
  bool received_all_ = false;
};

}  // namespace ahoy::inline v0
