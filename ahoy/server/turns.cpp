#include <ahoy/server/turns.hpp>

namespace ahoy::inline v0 {

/// Who is woken has the turn already: nobody who comes meanwhile is before it.
void turns::pass_on() noexcept {
  if (waiting_.empty()) {
    --taken_;
    return;
  }
  turn& next = *waiting_.front();
  waiting_.pop_front();
  next.waits_ = false;
  next.has_ = true;
  next.woken_.notify();
}

bool turn::take() noexcept {
  if (of_.are_taken()) return false;
  ++of_.taken_;
  has_ = true;
  return true;
}

task<> turn::come() {
  if (take()) co_return;
  place_ = of_.waiting_.insert(of_.waiting_.end(), this);
  waits_ = true;
  co_await woken_.wait();
}

turn::~turn() {
  if (waits_) of_.waiting_.erase(place_);
  if (has_) of_.pass_on();
}

}  // namespace ahoy::inline v0
