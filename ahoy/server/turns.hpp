#pragma once
#include <ahoy/engine/engine.hpp>
#include <ahoy/task/task.hpp>

#include <list>

namespace ahoy::inline v0 {

class turn;

/// So many at a time, in the order in which they came, on one thread. Who is done wakes the next one and
/// nobody else, however many wait.
class turns {
 public:
  turns(engine& by, std::size_t at_once) noexcept : by_{by}, at_once_{at_once} {}
  turns(const turns&) = delete;
  turns& operator=(const turns&) = delete;

  /// Whether one who comes now has to wait.
  [[nodiscard]] bool are_taken() const noexcept { return taken_ >= at_once_; }
  /// How many come before one who comes now: those who have a turn, and those who wait for it.
  [[nodiscard]] std::size_t ahead() const noexcept { return waiting_.size() + taken_; }

 private:
  friend class turn;
  void pass_on() noexcept;

  engine& by_;
  std::list<turn*> waiting_;
  std::size_t at_once_;
  std::size_t taken_ = 0;
};

/// Somebody's place in the order, from come() until it is destroyed. Its turns must outlive it.
class turn {
 public:
  explicit turn(turns& of) noexcept : of_{of}, woken_{of.by_} {}
  turn(const turn&) = delete;
  turn& operator=(const turn&) = delete;
  ~turn();

  /// Takes the turn, where it need not be waited for; else false.
  [[nodiscard]] bool take() noexcept;
  /// Waits for the turn; to be awaited once. Throws operation_canceled where that is stopped: then it is as
  /// if this one had never come.
  task<> come();

 private:
  friend class turns;
  turns& of_;
  event woken_;
  std::list<turn*>::iterator place_;
  bool waits_ = false;
  bool has_ = false;  // given by the one before, also where the wait was stopped at that moment
};

}  // namespace ahoy::inline v0
