#include <ahoy/task/scope.hpp>

#include <cassert>
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

scope::~scope() {
  if (running_ != 0) std::terminate();
}

void scope::start(task<> work) { start(std::move(work), where_); }

void scope::start(task<> work, context& own) {
  const auto child = std::move(work).release();
  child.promise().inherit(own);
  child.promise().belong_to(*this);
  ++running_;
  child.resume();
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

/// What the frame held is gone before anybody is told.
void scope::ended(std::coroutine_handle<> frame, detail::promise_base& how) noexcept {
  std::exception_ptr why = how.take_failure();
  context& where = how.where();
  frame.destroy();
  if (&where != &where_)
    follow(where, std::move(why));
  else if (why)
    failed(std::move(why));
  if (--running_ == 0 && joiner_) std::exchange(joiner_, {}).resume();
}

void scope::follow(context& of, std::exception_ptr why) noexcept {
  assert(follower_ && "a child with a context of its own has somebody who is told of its end");
  try {
    follower_->ended(of, std::move(why));
  } catch (...) {
    failed(std::current_exception());
  }
}

void scope::rethrow() {
  if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
}

task<> when_all(std::vector<task<>> works) {
  context& here = co_await this_context();
  scope children{here};
  children.start_all(std::move(works));
  co_await children.join();
}

task<> when_any(std::vector<task<>> works) {
  context& here = co_await this_context();
  scope children{here};
  for (task<>& work : works) work = stop_after(std::move(work), children);
  children.start_all(std::move(works));
  co_await children.join();
}

}  // namespace ahoy::inline v0
