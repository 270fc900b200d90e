#pragma once
#include <ahoy/task/context.hpp>

#include <coroutine>
#include <exception>
#include <optional>
#include <utility>

namespace ahoy::inline v0 {

template <class T>
class task;

namespace detail {

class promise_base;

/// Has tasks that nobody awaits, and is told of their end.
class task_owner {
 public:
  /// The frame is the owner's to destroy.
  virtual void ended(std::coroutine_handle<> frame, promise_base& how) noexcept = 0;

 protected:
  ~task_owner() = default;
};

/// What every coroutine of ours knows: its context, and who waits for it.
class promise_base {
 public:
  [[nodiscard]] context& where() const noexcept { return *where_; }
  void inherit(context& where) noexcept { where_ = &where; }

  std::suspend_always initial_suspend() const noexcept { return {}; }
  void unhandled_exception() noexcept { failure_ = std::current_exception(); }

  /// Runs the coroutine inside its parent's await_suspend, and says whether it finished there. No tail call
  /// is needed that way, which g++ 12 makes only with optimisation: a million awaits that finish at once stay
  /// flat.
  bool run_for(std::coroutine_handle<> self, std::coroutine_handle<> parent) {
    self.resume();
    if (finished_) return true;
    parent_ = parent;
    return false;
  }

  void rethrow() const {
    if (failure_) std::rethrow_exception(failure_);
  }
  [[nodiscard]] std::exception_ptr take_failure() noexcept { return std::exchange(failure_, nullptr); }

  /// Instead of a parent.
  void belong_to(task_owner& owner) noexcept {
    owner_ = &owner;
    is_owned_ = true;
  }

 protected:
  struct final_awaiter {
    bool await_ready() const noexcept { return false; }
    template <class Promise>
    void await_suspend(std::coroutine_handle<Promise> self) const noexcept {
      promise_base& promise = self.promise();
      promise.finished_ = true;
      if (promise.is_owned_)
        promise.owner_->ended(self, promise);  // destroys this frame
      else if (promise.parent_)
        promise.parent_.resume();  // may destroy this frame
    }
    void await_resume() const noexcept {}
  };

 private:
  context* where_ = nullptr;
  union {
    std::coroutine_handle<> parent_{};
    task_owner* owner_;
  };
  std::exception_ptr failure_;
  bool finished_ = false;
  bool is_owned_ = false;
};

template <class T>
class promise : public promise_base {
 public:
  task<T> get_return_object() noexcept;
  auto final_suspend() const noexcept { return final_awaiter{}; }
  template <class U>
  void return_value(U&& value) {
    value_.emplace(std::forward<U>(value));
  }
  T result() {
    rethrow();
    return std::move(*value_);
  }

 private:
  std::optional<T> value_;
};

template <>
class promise<void> : public promise_base {
 public:
  task<void> get_return_object() noexcept;
  auto final_suspend() const noexcept { return final_awaiter{}; }
  void return_void() const noexcept {}
  void result() const { rethrow(); }
};

}  // namespace detail

/// A coroutine that starts when it is awaited, once, and runs on the awaiting thread. It inherits the
/// awaiting task's context; what it throws is thrown by the await. Destroying a task that is suspended is a
/// mistake: stop its context and let it end (scope does).
template <class T = void>
class [[nodiscard]] task {
 public:
  using promise_type = detail::promise<T>;

  explicit task(std::coroutine_handle<promise_type> frame) noexcept : frame_{frame} {}
  task(task&& other) noexcept : frame_{std::exchange(other.frame_, {})} {}
  task& operator=(task&& other) noexcept {
    task taken{std::move(other)};
    std::swap(frame_, taken.frame_);
    return *this;
  }
  ~task() {
    if (frame_) frame_.destroy();
  }

  class awaiter {
   public:
    awaiter(std::coroutine_handle<promise_type> frame, context* where) noexcept
        : frame_{frame}, where_{where} {}
    bool await_ready() const noexcept { return false; }
    template <class Promise>
    bool await_suspend(std::coroutine_handle<Promise> parent) {
      frame_.promise().inherit(where_ ? *where_ : parent.promise().where());
      return !frame_.promise().run_for(frame_, parent);
    }
    T await_resume() { return frame_.promise().result(); }

   private:
    std::coroutine_handle<promise_type> frame_;
    context* where_;
  };

  /// The task must outlive the await, as a temporary in the awaiting expression does.
  awaiter operator co_await() && noexcept { return awaiter{frame_, nullptr}; }
  /// Awaits the task in another context than the awaiting task's, such as one with a deadline.
  awaiter in(context& where) && noexcept { return awaiter{frame_, &where}; }

  /// Whoever takes the frame has to see to its end.
  [[nodiscard]] std::coroutine_handle<promise_type> release() && noexcept {
    return std::exchange(frame_, {});
  }

 private:
  std::coroutine_handle<promise_type> frame_;
};

template <class T>
task<T> detail::promise<T>::get_return_object() noexcept {
  return task<T>{std::coroutine_handle<promise>::from_promise(*this)};
}

inline task<void> detail::promise<void>::get_return_object() noexcept {
  return task<void>{std::coroutine_handle<promise>::from_promise(*this)};
}

/// `context& here = co_await this_context();` never suspends.
struct this_context {
  bool await_ready() const noexcept { return false; }
  template <class Promise>
  bool await_suspend(std::coroutine_handle<Promise> self) noexcept {
    where_ = &self.promise().where();
    return false;
  }
  context& await_resume() const noexcept { return *where_; }

 private:
  context* where_ = nullptr;
};

/// `co_await with_deadline(when, work())`: the waits below `work` that are not over by then throw timed_out.
template <class T>
task<T> with_deadline(time_point when, task<T> work) {
  context& here = co_await this_context();
  context timed{here, when};
  co_return co_await std::move(work).in(timed);
}

}  // namespace ahoy::inline v0
