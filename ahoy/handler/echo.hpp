#pragma once
#include <ahoy/server/handler.hpp>

namespace ahoy::inline v0 {

/// Sends back what comes, until the caller ends its half (RFC 862).
class echo final : public handler {
 public:
  task<> serve(connection& peer) override;
};

}  // namespace ahoy::inline v0
