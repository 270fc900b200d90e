#pragma once
#include <ahoy/engine/loop.hpp>

#include <vector>

namespace ahoy::inline v0 {

/// For a thread or process that serves one connection at a time. While exactly one operation waits for a
/// descriptor it is one blocking system call; while more do, poll(2) says which is next. A send is tried
/// first, since it mostly need not wait. Those that are unhurried do not count as long as the one is busy:
/// they are polled for `attention` after the last time.
class blocking_engine final : public loop {
 public:
  blocking_engine();
  [[nodiscard]] std::string_view name() const noexcept override { return "blocking"; }
  tried send_at_once(descriptor& to, outgoing& what, const context& where) override {
    return send_now(to, what, where);
  }

 private:
  [[nodiscard]] bool has_room() noexcept;
  void watch(operation& pending) noexcept override;
  void unwatch(operation& done) noexcept override;
  void wait(time_point until) override;
  [[nodiscard]] operation* only_hurried() const noexcept;
  void call(operation& only, duration wanted);
  void poll(time_point until);

  static constexpr duration attention = std::chrono::milliseconds{200};
  std::vector<operation*> watched_;
  std::vector<operation*> polled_;  // as they were asked for
  std::vector<pollfd> asked_;
  time_point last_poll_;
};

}  // namespace ahoy::inline v0
