#include <ahoy/engine/uring.hpp>

#include <liburing.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <cerrno>
#include <new>
#include <thread>

namespace ahoy::inline v0 {

namespace {

/// What a request is for: the low byte of its user_data, below the place of its file and that one's
/// generation. 0 as a whole: nobody waits for it.
enum request : unsigned { nothing, receiving, sending, polling_in, polling_out, edges, accepting };

/// What is smaller goes in with the one system call of the turn. From here on the copy outweighs a call, and
/// a peer that reads has room: whoever sends goes on at once.
constexpr std::size_t large = 16 * 1024;

/// Where memory stays gone nothing may come in meanwhile.
constexpr duration standstill = std::chrono::milliseconds{10};

constexpr std::uint64_t identity(const uring_file& file, std::uint64_t place, unsigned what) noexcept {
  return std::uint64_t{file.generation} << 32 | place << 8 | what;
}

constexpr bool is_for_reading(const operation& asked) noexcept {
  return asked.kind == operation_kind::receive_from ||
         (asked.kind == operation_kind::ready && static_cast<const ready_operation&>(asked).events == POLLIN);
}

/// What a poll for it asks. Never 0: errors the kernel reports unasked.
constexpr unsigned events_of(const operation& asked) noexcept {
  const int wanted = asked.kind == operation_kind::ready ? static_cast<const ready_operation&>(asked).events
                     : is_for_reading(asked)             ? POLLIN
                                                         : POLLOUT;
  return static_cast<std::uint16_t>(wanted | POLLERR);
}

constexpr bool is_passing(int result) noexcept {
  return result == -EAGAIN || result == -EINTR || result == -ECANCELED;
}

}  // namespace

uring_engine::uring_engine(uring_settings how)
    : loop{try_when::submitted},
      ring_{how.without},
      blocks_{ring_, buffers(), how.blocks},
      limits_receives_{how.limits_receives} {}

/// Whoever called and was accepted meanwhile is hung up on, and blocks go back.
uring_engine::~uring_engine() {
  ring_.flush();
  while (take_completions()) continue;
}

// --- what the ring knows of descriptors ---

uring_file* uring_engine::known(const descriptor& on) noexcept {
  return on.place_ == 0 ? nullptr : &files_[on.place_ - 1];
}

std::size_t uring_engine::held(const descriptor& by) const noexcept {
  return by.place_ == 0 ? 0 : files_[by.place_ - 1].held();
}

uring_file& uring_engine::file_of(descriptor& on) {
  if (on.place_ != 0) return files_[on.place_ - 1];
  if (first_free_ == 0) {
    files_.emplace_back();
    first_free_ = static_cast<std::uint32_t>(files_.size());
  }
  on.place_ = first_free_;
  uring_file& file = files_[first_free_ - 1];
  first_free_ = std::exchange(file.next_free, 0);
  file.on = &on;
  return file;
}

void uring_engine::free_if_idle(uring_file& file, std::uint32_t place) noexcept {
  if (file.on || file.in_flight > 0) return;
  const std::uint32_t generation = file.generation + 1;
  file = uring_file{};
  file.generation = generation;
  file.next_free = std::exchange(first_free_, place);
}

/// What is armed holds the open file: it has to end before a close is one.
void uring_engine::unwatch(descriptor& closing) noexcept {
  uring_file* file = known(closing);
  if (!file) return;
  const std::uint32_t place = closing.place_;
  closing.place_ = 0;
  file->on = nullptr;
  file->arrived.clear();
  if (file->accepts) file->accepts->hang_up();
  if (file->in_flight > 0) {
    io_uring_sqe& asked = ring_.next();
    io_uring_prep_cancel_fd(&asked, closing.number(), IORING_ASYNC_CANCEL_ALL);
    asked.flags |= IOSQE_CQE_SKIP_SUCCESS;
    ring_.flush();
  }
  free_if_idle(*file, place);
}

io_uring_sqe& uring_engine::ask(uring_file& file, unsigned what) {
  io_uring_sqe& asked = ring_.next();
  asked.user_data = identity(file, file.on->place_, what);
  ++file.in_flight;
  return asked;
}

void uring_engine::end(uring_file& file, unsigned what) {
  io_uring_sqe& asked = ring_.next();
  io_uring_prep_cancel64(&asked, identity(file, file.on->place_, what), 0);
  asked.flags |= IOSQE_CQE_SKIP_SUCCESS;
}

// --- the loop's side ---

bool uring_engine::try_now(operation& asked) {
  uring_file* file = known(*asked.on);
  switch (asked.kind) {
    case operation_kind::receive:
      return file && give(*file, static_cast<receive_operation&>(asked));
    case operation_kind::accept:
      return file && give(*file, static_cast<accept_operation&>(asked));
    case operation_kind::ready:
      if (!file || !is_for_reading(asked) || !file->is_readable()) return false;
      static_cast<ready_operation&>(asked).revents = POLLIN;
      return true;
    case operation_kind::send: {
      const std::size_t size = static_cast<send_operation&>(asked).left.size();
      return (size == 0 || size >= large) && attempt(asked, buffers(), patience::none);
    }
    default:
      return attempt(asked, buffers(), patience::none);
  }
}

void uring_engine::watch(operation& pending) noexcept try {
  uring_file& file = file_of(*pending.on);
  switch (pending.kind) {
    case operation_kind::receive:
      return serve_reader(file);
    case operation_kind::accept:
      return start_accepting(file);
    case operation_kind::send:
      return start_sending(file, static_cast<send_operation&>(pending));
    case operation_kind::edge:
      if (!file.watches_edges) poll(file, edges, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLPRI);
      return;
    default:
      return poll_for(pending);
  }
} catch (const std::bad_alloc&) {
  complete(pending, ENOMEM);
}

/// One that is over without an answer. What a receive had under way ends too: an error that it took from the
/// socket nobody else could ask for (SO_ERROR).
void uring_engine::unwatch(operation& done) noexcept {
  uring_file* file = known(*done.on);
  if (!file) return;
  if (done.kind == operation_kind::send && file->sending) retract(*file);
  if (done.kind != operation_kind::receive || !file->receiving || file->cancelling) return;
  if (!static_cast<receive_operation&>(done).received.empty()) return;
  file->cancelling = true;
  end(*file, receiving);
}

/// Without any block each receive that is asked for ends at once, and would be asked for again without end.
void uring_engine::wait(time_point until) {
  const bool may_receive = blocks_.refill();
  if (!may_receive && until != at_once)
    std::this_thread::sleep_until(std::min(until, clock::now() + standstill));
  ring_.enter(until);
  time_has_passed();
  while (take_completions()) continue;
}

bool uring_engine::take_completions() noexcept {
  std::array<completion, 128> some;
  const std::size_t count = ring_.take(some);
  for (std::size_t i = 0; i < count; ++i) completed(some[i]);
  return count == some.size();
}

void uring_engine::completed(const completion& done) noexcept {
  if (done.user_data == 0) return;
  const auto place = static_cast<std::uint32_t>(done.user_data >> 8 & 0xffffff);
  uring_file& file = files_[place - 1];
  const auto what = static_cast<unsigned>(done.user_data & 0xff);
  assert(file.generation == done.user_data >> 32 && "a place is used anew only when all was answered");
  if (!(done.flags & IORING_CQE_F_MORE)) --file.in_flight;
  if (!file.on)
    dispose(done, what);
  else if (what == receiving)
    received(file, done);
  else if (what == sending)
    sent(file, done);
  else if (what == edges)
    changed(file, done);
  else if (what >= accepting)
    accepted(file, done, what - accepting);
  else
    polled(file, done, what);
  free_if_idle(file, place);
}

void uring_engine::dispose(const completion& done, unsigned what) noexcept {
  if (done.flags & IORING_CQE_F_BUFFER)
    buffers().give_back(blocks_.take(done.flags >> IORING_CQE_BUFFER_SHIFT).data());
  if (what >= accepting && done.result >= 0) ::close(done.result);
}

// --- receiving ---

void uring_engine::start_receiving(uring_file& file) noexcept {
  io_uring_sqe& asked = ask(file, receiving);
  io_uring_prep_recv_multishot(&asked, file.on->number(), nullptr, 0, 0);
  asked.flags |= IOSQE_BUFFER_SELECT;
  asked.buf_group = buffer_ring::group;
  if (limits_receives_) asked.file_index = most_held;  // `optlen` to kernels that know it, an error to others
  file.limited = limits_receives_;
  file.receiving = true;
}

bool uring_engine::give(uring_file& file, receive_operation& to) noexcept {
  if (!file.arrived.empty()) {
    give(file.next(), to);
    return true;
  }
  if (!file.over) return false;
  to.error = std::exchange(file.failure, 0);
  file.over = to.on->at_end = to.error == 0;  // an error is told once, as SO_ERROR is; the end stays one
  return true;
}

void uring_engine::give(bytes some, receive_operation& to) noexcept {
  to.received = std::move(some);
  to.on->received += to.received.size();
}

void uring_engine::received(uring_file& file, const completion& done) noexcept {
  if (done.flags & IORING_CQE_F_BUFFER) hold(file, done);
  if (!(done.flags & IORING_CQE_F_MORE)) {
    file.receiving = file.cancelling = false;
    if (done.result == -ENOBUFS) grow_if_possible();
    if (done.result == -EINVAL && file.limited) {
      limits_receives_ = false;
    } else if (done.result <= 0 && done.result != -ENOBUFS && !is_passing(done.result)) {
      file.over = true;
      file.failure = static_cast<std::int16_t>(-done.result);
    }
  }
  serve_reader(file);
}

/// Where memory has run out, the next turn may have blocks that others have given back.
void uring_engine::grow_if_possible() noexcept {
  try {
    blocks_.grow();
  } catch (const std::bad_alloc&) {
    // As many as there are.
  }
}

/// What cannot be kept is lost, so that nothing may follow it.
void uring_engine::keep(uring_file& file, bytes some) noexcept {
  try {
    if (!file.over) file.add(std::move(some));
  } catch (const std::bad_alloc&) {
    file.over = true;
    file.failure = ENOMEM;
  }
}

/// Whoever waits has it at once: nothing has arrived before.
void uring_engine::hold(uring_file& file, const completion& done) noexcept {
  const std::span<char> block = blocks_.take(done.flags >> IORING_CQE_BUFFER_SHIFT);
  if (done.result <= 0) return buffers().give_back(block.data());
  bytes some = buffers().lend(block, static_cast<std::size_t>(done.result));
  operation* const waiting = file.on->reading_;
  if (!waiting || waiting->kind != operation_kind::receive) return keep(file, std::move(some));
  assert(file.arrived.empty());
  give(std::move(some), static_cast<receive_operation&>(*waiting));
  finish(*waiting);
}

/// Whoever waits gets what there is, and more is asked for only while somebody waits: what nobody reads stays
/// in the kernel, where it holds up its sender.
void uring_engine::serve_reader(uring_file& file) noexcept {
  operation* waiting = file.on->reading_;
  if (waiting && waiting->kind == operation_kind::receive) {
    if (give(file, static_cast<receive_operation&>(*waiting)))
      finish(*waiting);
    else if (!file.receiving)
      start_receiving(file);
  } else if (waiting && waiting->kind == operation_kind::ready) {
    poll_for(*waiting);
  }
  if (file.receiving && !file.cancelling && file.holds_too_much()) {
    file.cancelling = true;
    end(file, receiving);
  }
}

// --- sending ---

void uring_engine::start_sending(uring_file& file, send_operation& from) noexcept {
  if (from.left.size() >= large) return poll_for(from);
  file.sending_at = ring_.place();
  file.sending = true;
  io_uring_sqe& asked = ask(file, sending);
  io_uring_prep_send(&asked, file.on->number(), from.left.data(), from.left.size(),
                     MSG_NOSIGNAL | MSG_DONTWAIT);
}

/// The kernel looks at the bytes when it takes the request, and never again.
void uring_engine::retract(uring_file& file) noexcept {
  file.sending = false;
  io_uring_sqe* asked = ring_.unsubmitted(file.sending_at);
  if (!asked) {
    ++file.stale_sends;
    return;
  }
  io_uring_prep_nop(asked);
  asked->user_data = 0;
  --file.in_flight;
}

void uring_engine::sent(uring_file& file, const completion& done) noexcept {
  const std::size_t taken = done.result > 0 ? static_cast<std::size_t>(done.result) : 0;
  file.on->sent += taken;
  if (file.stale_sends > 0) {
    --file.stale_sends;
    return;
  }
  file.sending = false;
  auto& from = static_cast<send_operation&>(*file.on->writing_);
  from.left.remove_prefix(taken);
  if (done.result < 0 && !is_passing(done.result)) from.error = -done.result;
  if (from.left.empty() || from.error != 0) return finish(from);
  try_again(from);
  if (from.pending) poll_for(from);
}

// --- accepting ---

void uring_engine::start_accepting(uring_file& file) {
  if (!file.accepts) file.accepts = std::make_unique<accept_window>();
  for (unsigned at = 0; at < accept_window::width; ++at) {
    accept_window::call& call = file.accepts->calls[at];
    if (call.under_way) continue;
    call.under_way = true;
    call.size = sizeof call.peer;
    io_uring_sqe& asked = ask(file, accepting + at);
    io_uring_prep_accept(&asked, file.on->number(), reinterpret_cast<sockaddr*>(&call.peer), &call.size,
                         SOCK_CLOEXEC);
  }
}

bool uring_engine::give(uring_file& file, accept_operation& to) noexcept {
  if (!file.accepts || file.accepts->done.empty()) return false;
  const int result = file.accepts->take(to.peer);
  if (result >= 0)
    to.accepted = fd{result};
  else
    to.error = -result;
  return true;
}

/// What the kernel has begun it ends at once, one way or the other. A caller wakes one request alone, and
/// where that was one of ours, whose end we had asked for already, nobody else hears of it: so we take as
/// many as may have been lost to others by that. Listeners do not block.
std::vector<accepted_caller> uring_engine::take_accepted(descriptor& on) {
  uring_file* file = known(on);
  if (!file || !file->accepts) return {};
  accept_window& window = *file->accepts;
  const auto asked = std::ranges::count_if(window.calls, &accept_window::call::under_way);
  for (unsigned at = 0; at < accept_window::width; ++at)
    if (window.calls[at].under_way) end(*file, accepting + at);
  while (std::ranges::any_of(window.calls, &accept_window::call::under_way)) {
    blocks_.refill();
    ring_.enter(no_deadline);
    while (take_completions()) continue;
  }
  std::vector<accepted_caller> all;
  while (!window.done.empty()) {
    accepted_caller next;
    next.socket.reset(window.take(next.peer));
    if (next.socket) all.push_back(std::move(next));
  }
  for (auto left = asked; left > 0; --left) {
    accepted_caller next;
    socklen_t size = address::capacity();
    next.socket.reset(::accept4(on.number(), next.peer.data(), &size, SOCK_CLOEXEC));
    if (!next.socket) break;
    next.peer.set_size(size);
    all.push_back(std::move(next));
  }
  return all;
}

void uring_engine::accepted(uring_file& file, const completion& done, unsigned at) noexcept {
  accept_window::call& call = file.accepts->calls[at];
  call.under_way = false;
  call.result = done.result;
  if (!is_passing(done.result)) file.accepts->done.push_back(at);
  operation* waiting = file.on->reading_;
  if (!waiting || waiting->kind != operation_kind::accept) return;
  if (give(file, static_cast<accept_operation&>(*waiting)))
    finish(*waiting);
  else
    start_accepting(file);
}

// --- everything else ---

void uring_engine::poll(uring_file& file, unsigned what, unsigned events) noexcept {
  io_uring_sqe& asked = ask(file, what);
  if (what == edges)
    io_uring_prep_poll_multishot(&asked, file.on->number(), events | EPOLLET);
  else
    io_uring_prep_poll_add(&asked, file.on->number(), events);
  if (what == edges)
    file.watches_edges = true;
  else
    file.polled_events[what - polling_in] = static_cast<std::uint16_t>(events);
}

/// A poll that outlived its operation serves the next one, if it is for the same.
void uring_engine::poll_for(operation& pending) noexcept {
  uring_file& file = file_of(*pending.on);
  const bool reads = is_for_reading(pending);
  if (reads && pending.kind == operation_kind::ready && file.is_readable()) {
    static_cast<ready_operation&>(pending).revents = POLLIN;
    return finish(pending);
  }
  if (reads && file.receiving) return;  // it will tell
  const unsigned what = reads ? polling_in : polling_out;
  const unsigned events = events_of(pending);
  const unsigned under_way = file.polled_events[what - polling_in];
  if (under_way == 0)
    poll(file, what, events);
  else if (under_way != events)
    end(file, what);  // and when it has ended, the right one
}

void uring_engine::polled(uring_file& file, const completion& done, unsigned what) noexcept {
  const unsigned events = std::exchange(file.polled_events[what - polling_in], std::uint16_t{0});
  operation* waiting = what == polling_in ? file.on->reading_ : file.on->writing_;
  if (!waiting || waiting->kind == operation_kind::receive || waiting->kind == operation_kind::accept ||
      waiting->kind == operation_kind::edge || (what == polling_out && file.sending))
    return;
  if (done.result < 0 && !is_passing(done.result)) {
    waiting->error = -done.result;
    return finish(*waiting);
  }
  if (waiting->kind != operation_kind::ready) {
    try_again(*waiting);
  } else if (done.result > 0 && events == events_of(*waiting)) {
    static_cast<ready_operation&>(*waiting).revents = static_cast<short>(done.result);
    return finish(*waiting);
  }
  if (waiting->pending) poll_for(*waiting);
}

void uring_engine::changed(uring_file& file, const completion& done) noexcept {
  if (!(done.flags & IORING_CQE_F_MORE)) file.watches_edges = false;
  operation* waiting = file.on->writing_;
  if (waiting && waiting->kind == operation_kind::edge) complete(*waiting, 0);
}

}  // namespace ahoy::inline v0
