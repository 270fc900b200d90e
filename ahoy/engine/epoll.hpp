#pragma once
#include <ahoy/engine/loop.hpp>

namespace ahoy::inline v0 {

/// One thread, many connections: epoll(7), edge-triggered. Each call is tried first, but for a receive where
/// the one before has left nothing, and no change was reported since. A descriptor is registered when it
/// first has to wait, once for both directions, so that later waits cost no system call.
class epoll_engine final : public loop {
 public:
  /// Throws error where the kernel gives no epoll descriptor.
  epoll_engine();
  [[nodiscard]] std::string_view name() const noexcept override { return "epoll"; }

  bool submit(operation& asked) override;
  tried send_at_once(descriptor& to, outgoing& what, const context& where) override;

 private:
  bool try_now(operation& asked) override;
  void watch(operation& pending) noexcept override {
    if (!pending.on->registered_) enroll(pending);
  }
  void unwatch(descriptor& closing) noexcept override;
  void wait(time_point until) override;
  void enroll(operation& pending) noexcept;
  void changed(descriptor& on, unsigned events) noexcept;
  void readable(descriptor& on, unsigned events) noexcept;
  bool receive(operation& asked) noexcept;

  fd poller_;
};

}  // namespace ahoy::inline v0
