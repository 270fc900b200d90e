#pragma once
#include <ahoy/engine/engine.hpp>
#include <ahoy/server/admission.hpp>

#include <utility>

namespace ahoy::inline v0 {

/// That a caller was counted in where it calls from: when this goes, the caller is counted out, so that
/// whatever fails on its way in or out leaves no address with a caller whom nobody counts out any more.
/// Belongs to the server's thread.
class [[nodiscard]] counted_in {
 public:
  /// Of one who was counted in `by`. Both must outlive this.
  counted_in(admission& by, const engine& clockwork, const address& caller) noexcept
      : by_{&by}, clockwork_{&clockwork}, caller_{caller} {}
  counted_in(counted_in&& other) noexcept
      : by_{std::exchange(other.by_, nullptr)}, clockwork_{other.clockwork_}, caller_{other.caller_} {}
  counted_in& operator=(counted_in&&) = delete;
  ~counted_in() {
    if (by_) by_->leave(caller_, clockwork_->now());
  }
  /// It stays counted in; whoever sees it off asks reception::counted() for this again. So of one who is here
  /// nothing more is kept.
  void stay() noexcept { by_ = nullptr; }

 private:
  admission* by_;  // null: others see to it
  const engine* clockwork_;
  address caller_;
};

}  // namespace ahoy::inline v0
