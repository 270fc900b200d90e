#pragma once
#include <ahoy/engine/loop.hpp>

#include <array>

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
  static bool is_emptied(const operation& asked) noexcept;
  static bool can_only_wait(const operation& asked) noexcept;
  bool try_or_wait(operation& asked);
  bool try_now(operation& asked) override;
  void watch(operation& pending) noexcept override {
    if (!pending.on->registered_) enroll(pending);
  }
  void unwatch(descriptor& closing) noexcept override;
  void unwatch(operation& done) noexcept override {
    if (done.has_turn_) lose_turn(done);
  }
  void take_turns();
  void lose_turn(operation& done) noexcept;
  void wait(time_point until) override;
  void enroll(operation& pending) noexcept;
  void changed(descriptor& on, unsigned events) noexcept;
  void readable(descriptor& on, unsigned events) noexcept;
  bool receive(operation& asked) noexcept;
  bool try_other(operation& asked);

  static constexpr std::size_t most_events = 256;  // looked at in one turn
  fd poller_;
  std::array<operation*, most_events>
      turns_{};  // receives for which something has come; null: over meanwhile
  std::size_t turns_count_ = 0;
};

}  // namespace ahoy::inline v0
