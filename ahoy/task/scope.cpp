#include <ahoy/task/scope.hpp>

#include <system_error>

namespace ahoy::inline v0 {

namespace {

bool is_cancellation(const std::exception_ptr& why) noexcept {
  try {
    std::rethrow_exception(why);
  } catch (const std::system_error& caught) {
    return caught.code() == std::errc::operation_canceled;
  } catch (...) {
    return false;
  }
}

task<> stop_after(task<> work, scope& others) {
  co_await std::move(work);
  others.stop();
}

}  // namespace

/// A frame that nobody owns: it destroys itself at its end, then tells its scope.
struct scope::child {
  struct promise_type : detail::promise_base {
    promise_type(scope& owner, const task<>&) noexcept : owner_{owner} { inherit(owner.where_); }
    child get_return_object() noexcept {
      return child{std::coroutine_handle<promise_type>::from_promise(*this)};
    }
    struct farewell {
      bool await_ready() const noexcept { return false; }
      void await_suspend(std::coroutine_handle<promise_type> self) const noexcept {
        scope& owner = self.promise().owner_;
        self.destroy();
        owner.finished();
      }
      void await_resume() const noexcept {}
    };
    farewell final_suspend() const noexcept { return {}; }
    void return_void() const noexcept {}
    void unhandled_exception() const noexcept { owner_.failed(std::current_exception()); }
    scope& owner_;
  };
  std::coroutine_handle<promise_type> frame;
};

scope::child scope::run(scope&, task<> work) { co_await std::move(work); }

scope::~scope() {
  if (running_ != 0) std::terminate();
}

void scope::start(task<> work) {
  child started = run(*this, std::move(work));
  ++running_;
  started.frame.resume();
}

void scope::stop() noexcept {
  stopped_ = true;
  where_.stop();
}

void scope::failed(std::exception_ptr why) noexcept {
  if (failure_ || (stopped_ && is_cancellation(why))) return;
  failure_ = std::move(why);
  where_.stop();
}

void scope::finished() noexcept {
  if (--running_ == 0 && joiner_) std::exchange(joiner_, {}).resume();
}

void scope::rethrow() {
  if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
}

task<> when_all(std::vector<task<>> works) {
  context& here = co_await this_context();
  scope children{here};
  for (task<>& work : works) children.start(std::move(work));
  co_await children.join();
}

task<> when_any(std::vector<task<>> works) {
  context& here = co_await this_context();
  scope children{here};
  for (task<>& work : works) children.start(stop_after(std::move(work), children));
  co_await children.join();
}

}  // namespace ahoy::inline v0
