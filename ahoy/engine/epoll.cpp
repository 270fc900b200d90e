#include <ahoy/engine/epoll.hpp>

#include <sys/epoll.h>

#include <array>
#include <cerrno>

namespace ahoy::inline v0 {

namespace {

constexpr unsigned every_change = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLPRI | EPOLLET;
constexpr unsigned concerns_reading = EPOLLIN | EPOLLRDHUP | EPOLLPRI | EPOLLHUP | EPOLLERR;
constexpr unsigned ends_reading = EPOLLRDHUP | EPOLLPRI | EPOLLHUP | EPOLLERR;
constexpr unsigned concerns_writing = EPOLLOUT | EPOLLHUP | EPOLLERR;

/// Rounded up, so that a timer is due when we wake for it.
int milliseconds_until(time_point until) noexcept {
  if (until == no_deadline) return -1;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - clock::now()).count();
  constexpr long long longest = 1000 * 60 * 60;
  return static_cast<int>(left < 0 ? 0 : left > longest ? longest : left);
}

}  // namespace

epoll_engine::epoll_engine() : loop{try_when::submitted}, poller_{::epoll_create1(EPOLL_CLOEXEC)} {
  if (!poller_) throw_if_failed(errno, "start", "the epoll engine");
}

void epoll_engine::watch(operation& pending) noexcept {
  descriptor& on = *pending.on;
  if (on.registered_) return;
  epoll_event asked{};
  asked.events = every_change;
  asked.data.ptr = &on;
  if (::epoll_ctl(poller_.get(), EPOLL_CTL_ADD, on.number(), &asked) == 0)
    on.registered_ = true;
  else
    complete(pending, errno);
}

void epoll_engine::unwatch(descriptor& closing) noexcept {
  if (closing.registered_) ::epoll_ctl(poller_.get(), EPOLL_CTL_DEL, closing.number(), nullptr);
  closing.registered_ = false;
}

namespace {

/// Whether a receive that is complete has left nothing behind.
bool took_all(const operation& done) noexcept {
  const auto& self = static_cast<const receive_operation&>(done);
  return self.error == 0 && self.received.size() < buffer_pool::block_size && !self.received.empty();
}

}  // namespace

void epoll_engine::note_emptied(operation& done) noexcept {
  descriptor& on = *done.on;
  if (!on.short_receive_takes_all || done.kind != operation_kind::receive) return;
  on.emptied_ = on.registered_ && !on.ending_ && took_all(done);
}

bool epoll_engine::try_now(operation& asked) {
  if (asked.kind == operation_kind::receive && asked.on->emptied_) return false;
  if (!loop::try_now(asked)) return false;
  note_emptied(asked);
  return true;
}

void epoll_engine::readable(descriptor& on, unsigned events) noexcept {
  on.emptied_ = false;
  on.ending_ = on.ending_ || (events & ends_reading) != 0;
  if (!on.reading_) return;
  operation& waiting = *on.reading_;
  try_again(waiting);
  if (!on.reading_) note_emptied(waiting);
}

void epoll_engine::changed(descriptor& on, unsigned events) noexcept {
  if (events & concerns_reading) readable(on, events);
  if (!on.writing_) return;
  if (on.writing_->kind == operation_kind::edge)
    complete(*on.writing_, 0);
  else if ((events & concerns_writing) || on.writing_->kind == operation_kind::ready)
    try_again(*on.writing_);
}

void epoll_engine::wait(time_point until) {
  std::array<epoll_event, 256> events;
  const int count =
      ::epoll_wait(poller_.get(), events.data(), static_cast<int>(events.size()), milliseconds_until(until));
  for (int i = 0; i < count; ++i) changed(*static_cast<descriptor*>(events[i].data.ptr), events[i].events);
}

}  // namespace ahoy::inline v0
