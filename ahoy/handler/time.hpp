#pragma once
#include <ahoy/server/handler.hpp>

namespace ahoy::inline v0 {

/// The time of day as one line (RFC 3339, UTC), then the end.
class time final : public handler {
 public:
  task<> serve(connection& peer) override;
};

}  // namespace ahoy::inline v0
