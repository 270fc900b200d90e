#include <ahoy/engine/attempt.hpp>
#include <ahoy/engine/blocking.hpp>

#include <poll.h>
#include <sys/epoll.h>
#include <sys/time.h>

#include <algorithm>
#include <cerrno>

namespace ahoy::inline v0 {

namespace {

/// What a blocking call on a socket's kind of operation is bounded by; 0 for the kinds that are polled for.
int timeout_option(operation_kind kind) noexcept {
  switch (kind) {
    case operation_kind::receive:
    case operation_kind::receive_from:
      return SO_RCVTIMEO;
    case operation_kind::send:
    case operation_kind::send_to:
      return SO_SNDTIMEO;
    default:
      return 0;
  }
}

short poll_events(operation& watched) noexcept {
  switch (watched.kind) {
    case operation_kind::receive:
    case operation_kind::receive_from:
    case operation_kind::accept:
    case operation_kind::edge:
      return POLLIN;
    case operation_kind::ready:
      return static_cast<ready_operation&>(watched).events;
    default:
      return POLLOUT;
  }
}

duration time_left(time_point until) noexcept {
  if (until == no_deadline) return duration::zero();  // the kernel's word for no limit
  return std::max<duration>(until - clock::now(), std::chrono::microseconds{1});
}

void set_kernel_timeout(int number, int option, duration length) noexcept {
  const auto microseconds = std::chrono::ceil<std::chrono::microseconds>(length).count();
  const timeval value{microseconds / 1'000'000, microseconds % 1'000'000};
  ::setsockopt(number, SOL_SOCKET, option, &value, sizeof value);
}

/// poll(2) knows levels only. A descriptor of epoll's turns the next change of `of` into something to read.
fd edge_watch(int of) noexcept {
  fd edges{::epoll_create1(EPOLL_CLOEXEC)};
  epoll_event asked{};
  asked.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
  if (edges && ::epoll_ctl(edges.get(), EPOLL_CTL_ADD, of, &asked) != 0) edges.reset();
  return edges;
}

}  // namespace

void blocking_engine::watch(operation& pending) noexcept {
  watched_.push_back(&pending);
  if (pending.kind == operation_kind::connect || pending.kind == operation_kind::accept) {
    try_again(pending);
  } else if (pending.kind == operation_kind::edge && !pending.on->edges_) {
    pending.on->edges_ = edge_watch(pending.on->number());
    if (!pending.on->edges_) complete(pending, errno);
  }
}

void blocking_engine::unwatch(operation& done) noexcept { std::erase(watched_, &done); }

/// Null where there is none, or more than one, or one that is polled for.
operation* blocking_engine::only_hurried() const noexcept {
  operation* only = nullptr;
  for (operation* each : watched_) {
    if (each->unhurried) continue;
    if (only || timeout_option(each->kind) == 0) return nullptr;
    only = each;
  }
  return only;
}

/// One that has waited for as long as the others may be neglected waits with them.
void blocking_engine::wait(time_point until) {
  operation* only = until > now() ? only_hurried() : nullptr;
  const bool neglects = watched_.size() > 1;
  if (only && !neglects)
    call(*only, time_left(until));
  else if (only && now() < deadline_after(last_poll_, attention))
    call(*only, std::min(until == no_deadline ? attention : time_left(until), attention));
  else
    poll(until);
  time_has_passed();
}

void blocking_engine::call(operation& only, duration wanted) {
  const int option = timeout_option(only.kind);
  auto& known = only.on->kernel_timeouts_;
  if (!known && wanted != duration::zero()) known = std::make_unique<std::array<duration, 2>>();
  duration* const set = known ? &(*known)[option == SO_RCVTIMEO ? 0 : 1] : nullptr;
  if (set && *set != wanted) {
    set_kernel_timeout(only.on->number(), option, wanted);
    *set = wanted;
  }
  try_again(only, patience::one_call);
}

void blocking_engine::poll(time_point until) {
  polled_.assign(watched_.begin(), watched_.end());
  asked_.clear();
  for (operation* watched : polled_) {
    const bool edge = watched->kind == operation_kind::edge;
    asked_.push_back({edge ? watched->on->edges_.get() : watched->on->number(), poll_events(*watched), 0});
  }
  timespec limit{};
  const auto left = std::max(until - clock::now(), duration::zero());
  limit.tv_sec = std::chrono::floor<std::chrono::seconds>(left).count();
  limit.tv_nsec = (left % std::chrono::seconds{1}).count();
  const int found = ::ppoll(asked_.data(), asked_.size(), until == no_deadline ? nullptr : &limit, nullptr);
  last_poll_ = clock::now();
  if (found <= 0) return;
  for (std::size_t i = 0; i < polled_.size(); ++i) {
    if (asked_[i].revents == 0) continue;
    epoll_event consumed;
    if (polled_[i]->kind != operation_kind::edge)
      try_again(*polled_[i]);
    else if (::epoll_wait(polled_[i]->on->edges_.get(), &consumed, 1, 0) > 0)
      complete(*polled_[i], 0);
  }
}

}  // namespace ahoy::inline v0
