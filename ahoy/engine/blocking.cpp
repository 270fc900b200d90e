#include <ahoy/engine/attempt.hpp>
#include <ahoy/engine/blocking.hpp>

#include <poll.h>
#include <sys/epoll.h>
#include <sys/time.h>

#include <algorithm>
#include <cerrno>
#include <new>

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

/// Longer ones than an hour end after that, and are set anew.
std::uint32_t microseconds(duration length) noexcept {
  const auto whole =
      std::chrono::ceil<std::chrono::microseconds>(std::min<duration>(length, std::chrono::hours{1}));
  return static_cast<std::uint32_t>(whole.count());
}

void set_kernel_timeout(int number, int option, std::uint32_t microseconds) noexcept {
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

/// With room for what one caller waits for: a copy of this process then need not make it.
blocking_engine::blocking_engine() : loop{try_when::run} {
  constexpr std::size_t some = 4;
  watched_.reserve(some);
  polled_.reserve(some);
  asked_.reserve(some);
}

/// For one more, in all that a wait takes: there it could not be told that memory has run out.
bool blocking_engine::has_room() noexcept try {
  if (watched_.size() < watched_.capacity()) return true;
  const std::size_t wanted = 2 * watched_.capacity();
  polled_.reserve(wanted);
  asked_.reserve(wanted);
  watched_.reserve(wanted);
  return true;
} catch (const std::bad_alloc&) {
  return false;
}

void blocking_engine::watch(operation& pending) noexcept {
  if (!has_room()) return complete(pending, ENOMEM);
  watched_.push_back(&pending);
  if (pending.unhurried) last_poll_ = now();  // so new that it is not neglected
  if (pending.kind == operation_kind::connect) {
    try_again(pending);  // which begins it
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
  std::uint32_t& set = only.on->kernel_timeouts_[option == SO_RCVTIMEO ? 0 : 1];
  const std::uint32_t length = microseconds(wanted);
  if (set != length) set_kernel_timeout(only.on->number(), option, length);
  set = length;
  try_again(only, patience::one_call);
}

void blocking_engine::poll(time_point until) {
  if (watched_.empty() && until == at_once) return;
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
