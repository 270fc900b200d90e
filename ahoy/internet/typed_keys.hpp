#pragma once
#include <ahoy/engine/engine.hpp>
#include <ahoy/task/task.hpp>

#include <termios.h>

#include <cstdint>
#include <utility>

namespace ahoy::inline v0 {

/// The terminal of standard input: each key on its own and without echo, or line by line as it was found. It
/// is as it was found when this goes.
class typed_keys {
 public:
  typed_keys() = default;
  typed_keys(const typed_keys&) = delete;
  typed_keys& operator=(const typed_keys&) = delete;
  ~typed_keys() { be_raw(false); }

  void be_raw(bool wanted) noexcept;

 private:
  termios before_{};
  bool is_raw_ = false;
};

/// Columns and rows of the terminal; 0 where there is none.
[[nodiscard]] std::pair<std::uint16_t, std::uint16_t> window_size() noexcept;

/// SIGWINCH as something to wait for, while it lives.
class window_changes {
 public:
  explicit window_changes(engine& by);
  window_changes(const window_changes&) = delete;
  window_changes& operator=(const window_changes&) = delete;
  ~window_changes();
  task<> next();

 private:
  sigset_t before_{};
  descriptor signals_;
};

}  // namespace ahoy::inline v0
