#include <ahoy/engine/uring.hpp>
#include <ahoy/engine/uring_file.hpp>

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <iterator>

namespace ahoy::inline v0 {

namespace {

bool is_record_socket(int number) noexcept {
  int type = 0;
  socklen_t size = sizeof type;
  return ::getsockopt(number, SOL_SOCKET, SO_TYPE, &type, &size) != 0 || type != SOCK_STREAM;
}

}  // namespace

void accept_window::hang_up() noexcept {
  for (const unsigned each : done)
    if (calls[each].result >= 0) ::close(calls[each].result);
  done.clear();
}

/// A failure such as EMFILE met all that were under way: it is told once.
int accept_window::take(address& peer) {
  if (done.empty()) return -EAGAIN;
  const call& first = calls[done.front()];
  const int result = first.result;
  done.erase(done.begin());
  if (result < 0) {
    std::erase_if(done, [&](unsigned each) { return calls[each].result == result; });
  } else {
    peer = address{reinterpret_cast<const sockaddr*>(&first.peer), first.size};
  }
  return result;
}

std::size_t uring_file::held() const noexcept {
  std::size_t sum = 0;
  for (const bytes& each : arrived) sum += each.size();
  return sum;
}

bool uring_file::holds_too_much() const noexcept {
  const auto pieces = static_cast<std::size_t>(std::distance(arrived.begin(), arrived.end()));
  return pieces >= uring_engine::most_pieces_held || held() >= uring_engine::most_held;
}

/// Of a stream, small pieces go into one block, as they would in the kernel: a peer that sends byte by byte
/// must not hold a block for each.
void uring_file::add(bytes loan) {
  auto last = arrived.before_begin();
  for (auto each = arrived.begin(); each != arrived.end(); ++each) last = each;
  if (!arrived.empty() && !type_known) {
    keeps_records = is_record_socket(on->number());
    type_known = true;
  }
  if (!arrived.empty() && !keeps_records && buffer_pool::append(*last, loan)) return;
  arrived.insert_after(last, std::move(loan));
}

bytes uring_file::next() {
  bytes first = std::move(arrived.front());
  arrived.pop_front();
  return first;
}

}  // namespace ahoy::inline v0
