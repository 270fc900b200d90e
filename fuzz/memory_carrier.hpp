#pragma once
#include <ahoy/protocol/carrier.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace fuzz {

/// A server that has said all it will say: it comes in pieces, and then the stream is at its end.
class memory_carrier final : public ahoy::carrier {
 public:
  explicit memory_carrier(std::vector<std::string_view> pieces) : pieces_{std::move(pieces)} {}

  ahoy::task<std::string> receive() override {
    co_return next_ < pieces_.size() ? std::string{pieces_[next_++]} : std::string{};
  }
  ahoy::task<> send(std::string_view) override { co_return; }
  [[nodiscard]] const std::string& peer() const noexcept override { return peer_; }

 private:
  std::vector<std::string_view> pieces_;
  std::size_t next_ = 0;
  std::string peer_ = "memory";
};

}  // namespace fuzz
