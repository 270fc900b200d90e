#include <ahoy/engine/epoll.hpp>
#include <ahoy/engine/received_datagrams.hpp>

#include <sys/epoll.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace ahoy::inline v0 {

namespace {

constexpr unsigned every_change = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLPRI | EPOLLET;
constexpr unsigned concerns_reading = EPOLLIN | EPOLLRDHUP | EPOLLPRI | EPOLLHUP | EPOLLERR;
constexpr unsigned ends_reading = EPOLLRDHUP | EPOLLPRI | EPOLLHUP | EPOLLERR;
constexpr unsigned concerns_writing = EPOLLOUT | EPOLLHUP | EPOLLERR;

/// Of which the two calls to register a socket anew are a small part of the cost.
constexpr std::size_t many_datagrams = 8;

/// Rounded up, so that a timer is due when we wake for it.
int milliseconds_until(time_point until) noexcept {
  if (until == no_deadline) return -1;
  if (until <= time_point{}) return 0;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - clock::now()).count();
  constexpr long long longest = 1000 * 60 * 60;
  return static_cast<int>(left < 0 ? 0 : left > longest ? longest : left);
}

}  // namespace

epoll_engine::epoll_engine() : loop{try_when::submitted}, poller_{::epoll_create1(EPOLL_CLOEXEC)} {
  if (!poller_) throw_if_failed(errno, "start", "the epoll engine");
}

void epoll_engine::enroll(operation& pending) noexcept {
  descriptor& on = *pending.on;
  epoll_event asked{};
  asked.events = every_change;
  asked.data.ptr = &on;
  on.registered_ = ::epoll_ctl(poller_.get(), EPOLL_CTL_ADD, on.number(), &asked) == 0;
  if (!on.registered_) complete(pending, errno);
}

void epoll_engine::unwatch(descriptor& closing) noexcept {
  if (closing.registered_) ::epoll_ctl(poller_.get(), EPOLL_CTL_DEL, closing.number(), nullptr);
  closing.registered_ = false;
}

/// What waits in the end need not be tried first where it is known that there is nothing. (What comes before
/// a descriptor is registered is reported as soon as it is.)
bool epoll_engine::submit(operation& asked) {
  return can_only_wait(asked) ? wait_for_event(asked) : try_or_wait(asked);
}

inline bool epoll_engine::can_only_wait(const operation& asked) noexcept {
  return is_emptied(asked) && asked.on->registered_ && !asked.is_timed() && !asked.where->stopped();
}

inline bool epoll_engine::is_emptied(const operation& asked) noexcept {
  return asked.kind == operation_kind::receive && asked.on && asked.on->emptied_;
}

/// Apart from submit(), so that most receives do not pay for what this one needs.
[[gnu::noinline]] bool epoll_engine::try_or_wait(operation& asked) {
  return is_emptied(asked) ? take_on_untried(asked) : take_on(asked);
}

tried epoll_engine::send_at_once(descriptor& to, outgoing& what, const context& where) {
  return send_now(to, what, where);
}

/// A receive of less than a block has left nothing behind.
[[gnu::always_inline]] inline bool epoll_engine::receive(operation& asked) noexcept {
  if (!attempt_receive(asked, buffers(), patience::none)) return false;
  descriptor& on = *asked.on;
  const auto& self = static_cast<receive_operation&>(asked);
  const std::size_t got = self.received.size();
  on.emptied_ = on.is_tcp && !on.ending_ && (self.dropped > 0 || (got > 0 && got < buffer_pool::block_size));
  return true;
}

bool epoll_engine::try_now(operation& asked) {
  return asked.kind == operation_kind::receive ? receive(asked) : try_other(asked);
}

/// The kernel tells the poller of each datagram that leaves a socket, also where nobody waits for that. So
/// one that many came through at once, which will be answered, is registered again only when somebody waits.
[[gnu::noinline]] bool epoll_engine::try_other(operation& asked) {
  if (!loop::try_now(asked)) return false;
  if (asked.kind != operation_kind::receive_from || asked.on->writing_) return true;
  if (static_cast<receive_from_operation&>(asked).into.size() >= many_datagrams) unwatch(*asked.on);
  return true;
}

/// What has come is received just before its coroutine goes on: so the block that the one before has given
/// back is used again, while it is in the cache, and none has to wait beside others.
inline void epoll_engine::readable(descriptor& on, unsigned events) noexcept {
  on.emptied_ = false;
  if (events & ends_reading) on.ending_ = true;
  operation* const waiting = on.reading_;
  if (!waiting) return;
  if (waiting->kind != operation_kind::receive) return try_again(*waiting);
  waiting->has_turn_ = true;
  turns_[turns_count_++] = waiting;
}

[[gnu::always_inline]] inline void epoll_engine::take_turns() {
  for (std::size_t at = 0; at < turns_count_; ++at) {
    operation* const next = turns_[at];
    if (!next) continue;
    next->has_turn_ = false;
    if (!receive(*next)) continue;
    end_waiting(*next);
    resume(*next);
  }
  turns_count_ = 0;
}

/// One that is stopped, or told to end, between the event and its turn.
void epoll_engine::lose_turn(operation& done) noexcept {
  done.has_turn_ = false;
  std::replace(turns_.begin(), turns_.begin() + turns_count_, &done, static_cast<operation*>(nullptr));
}

inline void epoll_engine::changed(descriptor& on, unsigned events) noexcept {
  if (events & concerns_reading) readable(on, events);
  if (!on.writing_) return;
  if (on.writing_->kind == operation_kind::edge)
    complete(*on.writing_, 0);
  else if ((events & concerns_writing) || on.writing_->kind == operation_kind::ready)
    try_again(*on.writing_);
}

void epoll_engine::wait(time_point until) {
  std::array<epoll_event, most_events> events;
  const int count =
      ::epoll_wait(poller_.get(), events.data(), static_cast<int>(events.size()), milliseconds_until(until));
  time_has_passed();
  for (int i = 0; i < count; ++i) changed(*static_cast<descriptor*>(events[i].data.ptr), events[i].events);
  take_turns();
}

}  // namespace ahoy::inline v0
