#include <ahoy/engine/attempt.hpp>
#include <ahoy/engine/loop.hpp>
#include <ahoy/task/scope.hpp>

#include <algorithm>
#include <cerrno>
#include <new>
#include <stdexcept>

namespace ahoy::inline v0 {

bool loop::submit(operation& asked) { return take_on(asked); }

void loop::cancel(operation& pending) noexcept { complete(pending, ECANCELED); }

void loop::look_at_clock() const noexcept {
  now_ = clock::now();
  knows_now_ = true;
}

void loop::set_timer(operation& asked) {
  const time_point own =
      asked.timeout == no_timeout ? no_deadline : deadline_after(clock::now(), asked.timeout);
  timers_.insert(asked, std::min(own, asked.where->deadline()));
}

/// A send's own timeout is that of a peer who takes nothing: whatever it takes starts the time anew.
void loop::try_again(operation& pending, patience how) noexcept {
  const std::uint64_t sent = pending.on->sent;
  if (attempt(pending, buffers(), how)) return finish(pending);
  if (pending.timeout == no_timeout || pending.on->sent == sent) return;
  timers_.remove(pending);
  try {
    set_timer(pending);
  } catch (const std::bad_alloc&) {
    complete(pending, ENOMEM);
  }
}

void loop::complete(operation& parked, int error) noexcept {
  if (!parked.pending) return;
  parked.error = error;
  finish(parked);
}

void loop::forget(descriptor& closing) noexcept {
  assert(!closing.reading_ && !closing.writing_ && "closed while an operation waits on it");
  unwatch(closing);
}

/// By its own submit: what it is for may have ended meanwhile. Where memory has run out it is complete.
inline bool loop::submit_again(operation& put_off) noexcept {
  try {
    return put_off.submit();
  } catch (const std::bad_alloc&) {
    put_off.error = ENOMEM;
    return true;
  }
}

/// Only those that are ready by now: what they set off has its turn after the events have been looked at.
inline void loop::resume_ready() {
  auto* next = static_cast<operation*>(std::exchange(first_ready_, nullptr));
  while (next) {
    operation& current = *next;
    next = static_cast<operation*>(current.next_);
    at_once_ = 0;
    const bool again = std::exchange(current.put_off_, false);
    if (again && !submit_again(current)) continue;
    resume(current);
  }
}

void loop::expire_timers() noexcept {
  while (operation* late = timers_.take_due(now())) {
    late->timed_out = late->where->deadline() > now();
    complete(*late, ETIMEDOUT);
  }
}

void loop::run(task<> root) {
  context top;
  scope everything{top};
  knows_now_ = false;
  everything.start(std::move(root));
  while (everything.size() > 0) {
    if (!first_ready_ && on_files_ == 0 && timers_.empty())
      throw std::logic_error{"every task waits, but for nothing"};
    wait(first_ready_ ? at_once : timers_.earliest());
    if (!timers_.empty() && timers_.earliest() <= now()) expire_timers();
    resume_ready();
  }
  everything.join().await_resume();
}

}  // namespace ahoy::inline v0
