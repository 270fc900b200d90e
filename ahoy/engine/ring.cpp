#include <ahoy/engine/ring.hpp>

#include <liburing.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <stdexcept>
#include <system_error>

namespace ahoy::inline v0 {

namespace {

constexpr unsigned requests = 256;      // a full queue costs one more system call
constexpr unsigned completions = 4096;  // what does not fit the kernel keeps (IORING_FEAT_NODROP)

/// From the best to what every kernel has. SINGLE_ISSUER (6.0) lets the kernel leave out its locks,
/// DEFER_TASKRUN (6.1) lets it work for us inside our own calls alone, COOP_TASKRUN (5.19) at least without
/// an interrupt.
constexpr std::array<unsigned, 4> preferences = {IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN,
                                                 IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_COOP_TASKRUN,
                                                 IORING_SETUP_COOP_TASKRUN, 0};

void fail(int negated) { throw std::system_error{-negated, std::system_category(), "io_uring"}; }

int set_up(io_uring& made, unsigned without) {
  int result = -EINVAL;
  for (const unsigned preferred : preferences) {
    io_uring_params asked{};
    asked.flags = (preferred & ~without) | IORING_SETUP_CQSIZE | IORING_SETUP_SUBMIT_ALL | IORING_SETUP_CLAMP;
    asked.cq_entries = completions;
    result = io_uring_queue_init_params(requests, &made, &asked);
    if (result != -EINVAL) break;
  }
  return result;
}

/// Nothing tells of multishot receives; IORING_OP_SEND_ZC came with them (6.0).
bool has_multishot_receive(io_uring& made) {
  const std::unique_ptr<io_uring_probe, decltype(&io_uring_free_probe)> probe{io_uring_get_probe_ring(&made),
                                                                              &io_uring_free_probe};
  return probe && io_uring_opcode_supported(probe.get(), IORING_OP_SEND_ZC);
}

__kernel_timespec time_left(time_point until) noexcept {
  const auto left = std::max(until - clock::now(), duration::zero());
  const auto whole = std::chrono::floor<std::chrono::seconds>(left);
  return {whole.count(), std::chrono::nanoseconds{left - whole}.count()};
}

}  // namespace

ring::ring(unsigned without) : native_{std::make_unique<io_uring>()} {
  const int result = set_up(*native_, without);
  if (result < 0) fail(result);
  const bool suffices = (native_->features & IORING_FEAT_EXT_ARG) && (native_->features & IORING_FEAT_NODROP);
  const bool has_all = suffices && has_multishot_receive(*native_);
  const int first =
      has_all ? io_uring_submit_and_get_events(native_.get()) : -EOPNOTSUPP;  // may be refused too
  if (first < 0) {
    io_uring_queue_exit(native_.get());
    fail(first);
  }
  io_uring_register_ring_fd(native_.get());  // spares the kernel a look-up in each call, where it can
}

ring::~ring() { io_uring_queue_exit(native_.get()); }

unsigned ring::flags() const noexcept { return native_->flags; }

io_uring_sqe& ring::next() {
  io_uring_sqe* free = io_uring_get_sqe(native_.get());
  while (!free) {
    io_uring_submit(native_.get());
    free = io_uring_get_sqe(native_.get());
  }
  *free = {};
  return *free;
}

unsigned ring::place() const noexcept { return native_->sq.sqe_tail; }

io_uring_sqe* ring::unsubmitted(unsigned place) const noexcept {
  const unsigned taken = __atomic_load_n(native_->sq.khead, __ATOMIC_ACQUIRE);
  if (static_cast<int>(place - taken) < 0) return nullptr;
  return &native_->sq.sqes[place & native_->sq.ring_mask];
}

void ring::flush() { io_uring_submit_and_get_events(native_.get()); }

/// EBUSY, EAGAIN, ENOMEM: the kernel wants completions to be taken, or memory, first; what was not submitted
/// is still there.
void ring::enter(time_point until) {
  io_uring_cqe* first = nullptr;
  int result = 0;
  if (io_uring_cq_ready(native_.get()) > 0 || (until != no_deadline && until <= clock::now())) {
    result = io_uring_submit_and_get_events(native_.get());
  } else if (until == no_deadline) {
    result = io_uring_submit_and_wait(native_.get(), 1);
  } else {
    __kernel_timespec left = time_left(until);
    result = io_uring_submit_and_wait_timeout(native_.get(), &first, 1, &left, nullptr);
  }
  if (result == -EEXIST) throw std::logic_error{"an io_uring engine runs on the thread that made it"};
  constexpr std::array passing = {-EINTR, -ETIME, -EBUSY, -EAGAIN, -ENOMEM};
  if (result < 0 && std::ranges::find(passing, result) == passing.end()) fail(result);
}

std::size_t ring::take(std::span<completion> into) noexcept {
  io_uring& from = *native_;
  io_uring_cqe* first = nullptr;
  if (io_uring_peek_batch_cqe(&from, &first, 1) == 0) return 0;  // fetches what the kernel kept, too
  const auto count = std::min<std::size_t>(io_uring_cq_ready(&from), into.size());
  const unsigned head = *from.cq.khead;
  for (std::size_t i = 0; i < count; ++i) {
    const io_uring_cqe& each = from.cq.cqes[(head + i) & from.cq.ring_mask];
    into[i] = {each.user_data, each.res, each.flags};
  }
  io_uring_cq_advance(&from, static_cast<unsigned>(count));
  return count;
}

}  // namespace ahoy::inline v0
