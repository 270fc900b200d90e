#pragma once
#include <ahoy/connection/stream.hpp>

namespace ahoy::inline v0 {

/// A stream that stands for a caller whose bytes another carries: it has the caller's names.
class stand_in final : public stream {
 public:
  /// `caller` must outlive it.
  stand_in(connection& caller, fd connected)
      : stream{caller.engine(), std::move(connected), address{}, caller.label()}, caller_{caller} {
    set_timeout(caller.timeout());
  }

  [[nodiscard]] address local() const override { return caller_.local(); }
  [[nodiscard]] address remote() const override { return caller_.remote(); }
  [[nodiscard]] std::string_view transport() const noexcept override { return caller_.transport(); }

 private:
  connection& caller_;
};

}  // namespace ahoy::inline v0
