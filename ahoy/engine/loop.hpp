#pragma once
#include <ahoy/engine/attempt.hpp>
#include <ahoy/engine/engine.hpp>
#include <ahoy/engine/timer_heap.hpp>

#include <exception>

namespace ahoy::inline v0 {

/// What the engines of one thread share: pending operations, timers, and the queue of coroutines to resume.
/// Resuming happens there alone, never inside a submission, a cancellation or while events are read, so that
/// no coroutine runs inside another's call and no event can name what was just destroyed.
class loop : public engine {
 public:
  bool submit(operation& asked) final;
  void cancel(operation& pending) noexcept final;
  void complete(operation& parked, int error) noexcept final;
  void forget(descriptor& closing) noexcept final;
  [[nodiscard]] time_point now() const noexcept final { return now_; }
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
  /// Waits until the time given for events, and tries the operations that they are for.
  virtual void wait(time_point until) = 0;

  /// Tries a pending operation; queues its coroutine if it is complete.
  void try_again(operation& pending, patience how = patience::none) noexcept;
  void finish(operation& done) noexcept;
  static operation*& slot_of(operation& asked) noexcept;

 private:
  bool try_at_once(operation& asked);
  void begin_waiting(operation& asked);
  void queue(operation& next) noexcept;
  void resume_ready();
  void expire_timers();

  const try_when first_try_;
  timer_heap timers_;
  operation* first_ready_ = nullptr;  // the others follow by next_, each one's own while it is in no context
  operation* last_ready_ = nullptr;
  std::size_t on_files_ = 0;  // pending operations that a descriptor may complete
  unsigned at_once_ = 0;
  time_point now_ = clock::now();
};

}  // namespace ahoy::inline v0
