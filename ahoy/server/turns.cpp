#include <ahoy/server/turns.hpp>

namespace ahoy::inline v0 {

/// Who is woken has the turn already: nobody who comes meanwhile is before it.
void turns::pass_on() noexcept {
  taken_ = !waiting_.empty();
  if (!taken_) return;
  turn& next = *waiting_.front();
  waiting_.pop_front();
  next.waits_ = false;
  next.has_ = true;
  next.woken_.notify();
}

task<> turn::come() {
  if (!of_.taken_) {
    of_.taken_ = has_ = true;
    co_return;
  }
  place_ = of_.waiting_.insert(of_.waiting_.end(), this);
  waits_ = true;
  co_await woken_.wait();
}

turn::~turn() {
  if (waits_) of_.waiting_.erase(place_);
  if (has_) of_.pass_on();
}

}  // namespace ahoy::inline v0
