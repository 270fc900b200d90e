#include <ahoy/engine/attempt.hpp>
#include <ahoy/engine/loop.hpp>
#include <ahoy/task/scope.hpp>

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <stdexcept>

namespace ahoy::inline v0 {

bool loop::submit(operation& asked) {
  if (asked.where->stopped()) [[unlikely]] {
    asked.error = ECANCELED;
    return true;
  }
  // Looked at here, since one who always has something to do never waits.
  if (asked.where->deadline() <= now_) [[unlikely]] {
    asked.error = ETIMEDOUT;
    return true;
  }
  const bool may_try = first_try_ == try_when::submitted && asked.on && asked.kind < operation_kind::edge;
  if (may_try && try_at_once(asked)) return !asked.put_off_;
  begin_waiting(asked);
  return false;
}

/// true: it is complete, or put off, since somebody who is never made to wait, such as one with a fast peer,
/// would keep all others from running.
bool loop::try_at_once(operation& asked) {
  if (++at_once_ <= turn_length) return try_now(asked);
  asked.put_off_ = true;
  queue(asked);
  return true;
}

operation*& loop::slot_of(operation& asked) noexcept {
  switch (asked.kind) {
    case operation_kind::receive:
    case operation_kind::receive_from:
    case operation_kind::accept:
      return asked.on->reading_;
    case operation_kind::ready:
      return static_cast<ready_operation&>(asked).events == POLLIN ? asked.on->reading_ : asked.on->writing_;
    default:
      return asked.on->writing_;
  }
}

void loop::begin_waiting(operation& asked) {
  asked.pending = true;
  asked.timed_out = false;
  if (asked.on) ++on_files_;
  asked.enter(*asked.where);
  const time_point own =
      asked.timeout == no_timeout ? no_deadline : deadline_after(clock::now(), asked.timeout);
  const time_point due = std::min(own, asked.where->deadline());
  if (due != no_deadline) timers_.insert(asked, due);
  if (asked.on) asked.slot = &slot_of(asked);
  assert((!asked.slot || !*asked.slot) && "one operation that reads and one that writes at a time");
  if (asked.slot) *asked.slot = &asked;
  if (asked.on) watch(asked);
}

void loop::finish(operation& done) noexcept {
  done.pending = false;
  if (done.on) --on_files_;
  done.leave();
  timers_.remove(done);
  if (done.slot) *done.slot = nullptr;
  if (done.on) unwatch(done);
  queue(done);
}

void loop::queue(operation& next) noexcept {
  next.next_ = nullptr;
  if (first_ready_)
    last_ready_->next_ = &next;
  else
    first_ready_ = &next;
  last_ready_ = &next;
}

/// A send's own timeout is that of a peer who takes nothing: whatever it takes starts the time anew.
void loop::try_again(operation& pending, patience how) noexcept {
  const std::uint64_t sent = pending.on->sent;
  if (attempt(pending, buffers(), how)) return finish(pending);
  if (pending.timeout == no_timeout || pending.on->sent == sent) return;
  timers_.remove(pending);
  timers_.insert(pending, std::min(deadline_after(clock::now(), pending.timeout), pending.where->deadline()));
}

void loop::cancel(operation& pending) noexcept { complete(pending, ECANCELED); }

void loop::complete(operation& parked, int error) noexcept {
  if (!parked.pending) return;
  parked.error = error;
  finish(parked);
}

void loop::forget(descriptor& closing) noexcept {
  assert(!closing.reading_ && !closing.writing_ && "closed while an operation waits on it");
  unwatch(closing);
}

/// Only those that are ready by now: what they set off has its turn after the events have been looked at.
void loop::resume_ready() {
  operation* next = std::exchange(first_ready_, nullptr);
  while (next) {
    operation& current = *next;
    next = static_cast<operation*>(current.next_);
    at_once_ = 0;
    const bool again = std::exchange(current.put_off_, false);
    if (again && !current.submit()) continue;  // by its own submit: what it is for may have ended meanwhile
    current.waiting.resume();
  }
}

void loop::expire_timers() {
  while (operation* late = timers_.take_due(now_)) {
    late->timed_out = late->where->deadline() > now_;
    complete(*late, ETIMEDOUT);
  }
}

void loop::run(task<> root) {
  context top;
  scope everything{top};
  now_ = clock::now();
  everything.start(std::move(root));
  while (everything.size() > 0) {
    if (!first_ready_ && on_files_ == 0 && timers_.empty())
      throw std::logic_error{"every task waits, but for nothing"};
    wait(first_ready_ ? now_ : timers_.earliest());
    now_ = clock::now();
    expire_timers();
    resume_ready();
  }
  everything.join().await_resume();
}

}  // namespace ahoy::inline v0
