#pragma once
#include <ahoy/server/handler.hpp>

namespace ahoy::inline v0 {

/// Reads and forgets, until the caller ends its half (RFC 863).
class discard final : public handler {
 public:
  task<> serve(connection& peer) override;
  [[nodiscard]] bool answers_by_itself() const noexcept override { return false; }
};

}  // namespace ahoy::inline v0
