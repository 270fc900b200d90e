#pragma once
#include <ahoy/engine/attempt.hpp>
#include <ahoy/engine/engine.hpp>
#include <ahoy/engine/timer_heap.hpp>

#include <cassert>
#include <utility>

namespace ahoy::inline v0 {

/// What the engines of one thread share: pending operations, timers, and the queue of coroutines to resume.
/// Resuming happens in run() alone, never inside a submission, a cancellation or while events are read, so
/// that no coroutine runs inside another's call and no event can name what was just destroyed.
class loop : public engine {
 public:
  bool submit(operation& asked) override;
  void cancel(operation& pending) noexcept final;
  void complete(operation& parked, int error) noexcept final;
  void forget(descriptor& closing) noexcept final;
  [[nodiscard]] time_point now() const noexcept final {
    if (!knows_now_) look_at_clock();
    return now_;
  }
  void run(task<> root) final;
  task<std::vector<address>> resolve(host name, port service, family wanted, socket_type type,
                                     lookup_use use) override;

 protected:
  /// How many operations in a row may complete at once before others have their turn.
  static constexpr unsigned turn_length = 64;

  /// Whether an operation is tried when it is submitted, or only when run() comes to it.
  enum class try_when : bool { submitted, run };
  explicit loop(try_when first) noexcept : first_try_{first} {}

  /// The first try: true where the operation is complete at once.
  virtual bool try_now(operation& asked) { return attempt(asked, buffers(), patience::none); }
  /// Starts to watch for what a pending operation needs. Throws nothing: a failure completes the operation.
  virtual void watch(operation& pending) noexcept = 0;
  virtual void unwatch(operation&) noexcept {}
  virtual void unwatch(descriptor&) noexcept {}
  /// For wait(): not at all. Long ago, for every clock.
  static constexpr time_point at_once{};
  /// Waits until the time given for events, says time_has_passed(), and tries the operations that the events
  /// are for. May resume coroutines once it has read all events.
  virtual void wait(time_point until) = 0;
  void time_has_passed() noexcept { knows_now_ = false; }

  /// Counts one that is tried. false: so many in a row were complete at once that others have their turn.
  [[nodiscard]] bool may_go_on() noexcept { return ++at_once_ <= turn_length; }
  /// send_at_once() for engines that have no better way to send.
  tried send_now(descriptor& to, outgoing& what, const context& where);
  /// submit(): an engine may override it to have it compiled with what it overrides itself.
  bool take_on(operation& asked);
  /// The same for what would be tried in vain.
  bool take_on_untried(operation& asked);
  /// The same where what it waits on is watched already, and neither a deadline nor a stop concerns it.
  bool wait_for_event(operation& asked) noexcept;
  /// Tries a pending operation; queues its coroutine if it is complete.
  void try_again(operation& pending, patience how = patience::none) noexcept;
  void finish(operation& done) noexcept;
  /// finish(), but for the queue.
  void end_waiting(operation& done) noexcept;
  /// Resumes the coroutine of an operation that is complete and not in the queue.
  void resume(operation& done) {
    at_once_ = 0;
    done.waiting.resume();
  }

 private:
  static operation*& slot_of(operation& asked) noexcept;
  bool try_at_once(operation& asked);
  void set_timer(operation& asked);
  void begin_waiting(operation& asked);
  static void wait_in(operation** slot, operation& asked) noexcept;
  void queue(operation& next) noexcept;
  static bool submit_again(operation& put_off) noexcept;
  void resume_ready();
  void look_at_clock() const noexcept;
  void expire_timers() noexcept;

  const try_when first_try_;
  timer_heap timers_;
  waiter* first_ready_ = nullptr;  // the others follow by next_, each one's own while it is in no context
  operation* last_ready_ = nullptr;
  std::size_t on_files_ = 0;  // pending operations that a descriptor may complete
  unsigned at_once_ = 0;
  mutable time_point now_;  // of this turn, once somebody has asked for it
  mutable bool knows_now_ = false;
};

// What each wait passes through, to be compiled into the engines.

inline tried loop::send_now(descriptor& to, outgoing& what, const context& where) {
  what.error = why_over(where);
  if (what.error != 0) [[unlikely]]
    return tried::complete;
  if (!may_go_on()) return tried::no;
  return attempt_send(to, what.left, what.error, patience::none) ? tried::complete : tried::in_vain;
}

inline bool loop::take_on(operation& asked) {
  asked.error = why_over(*asked.where);
  if (asked.error != 0) [[unlikely]]
    return true;
  const bool may_try = first_try_ == try_when::submitted && asked.on && asked.kind < operation_kind::edge;
  if (may_try && !std::exchange(asked.was_tried, false) && try_at_once(asked)) return !asked.put_off_;
  begin_waiting(asked);
  return false;
}

inline bool loop::take_on_untried(operation& asked) {
  asked.error = why_over(*asked.where);
  if (asked.error != 0) return true;
  begin_waiting(asked);  // if it cannot be watched it is in the queue by now, with an error
  return false;
}

/// true: it is complete, or put off, since somebody who is never made to wait, such as one with a fast peer,
/// would keep all others from running.
inline bool loop::try_at_once(operation& asked) {
  if (may_go_on()) [[likely]]
    return try_now(asked);
  asked.put_off_ = true;
  queue(asked);
  return true;
}

inline operation*& loop::slot_of(operation& asked) noexcept {
  if (asked.kind == operation_kind::ready && static_cast<ready_operation&>(asked).events == POLLIN)
    return asked.on->reading_;
  const bool reads = asked.kind == operation_kind::receive || asked.kind == operation_kind::receive_from ||
                     asked.kind == operation_kind::accept;
  return reads ? asked.on->reading_ : asked.on->writing_;
}

inline void loop::begin_waiting(operation& asked) {
  if (asked.is_timed()) set_timer(asked);
  if (!asked.on) return wait_in(asked.slot, asked);
  wait_in(&slot_of(asked), asked);
  ++on_files_;
  watch(asked);
}

inline void loop::wait_in(operation** slot, operation& asked) noexcept {
  assert((!slot || !*slot) && "one operation that reads and one that writes at a time");
  asked.pending = true;
  asked.enter(*asked.where);
  asked.slot = slot;
  if (slot) *slot = &asked;
}

inline bool loop::wait_for_event(operation& asked) noexcept {
  asked.error = 0;
  wait_in(&asked.on->reading_, asked);
  ++on_files_;
  return false;
}

inline void loop::finish(operation& done) noexcept {
  end_waiting(done);
  queue(done);
}

inline void loop::end_waiting(operation& done) noexcept {
  done.pending = false;
  done.leave();
  timers_.remove(done);
  if (done.slot) *done.slot = nullptr;
  if (done.on) {
    --on_files_;
    unwatch(done);
  }
}

inline void loop::queue(operation& next) noexcept {
  next.next_ = nullptr;
  (first_ready_ ? last_ready_->next_ : first_ready_) = &next;
  last_ready_ = &next;
}

}  // namespace ahoy::inline v0
