#include <ahoy/server/unreceived_datagrams.hpp>

#include <utility>

namespace ahoy::inline v0 {

unreceived_datagrams::~unreceived_datagrams() {
  for (; taken_ < waiting_.size(); ++taken_) release(waiting_[taken_]);
}

void unreceived_datagrams::release(const arrival& gone) noexcept {
  room_.bytes -= gone.block.size() + gone.copy.size() + overhead;
  if (!gone.block.empty()) --room_.blocks;
}

/// So many may wait in the block in which they came, for which no copy is made; more are copied, so that
/// small ones do not hold a block each.
bool unreceived_datagrams::add(bytes data, const address& asked) {
  const std::size_t more = data.size();
  if (size() >= most || !room_.has(more)) return false;
  if (taken_ >= most) drop_taken();
  const bool is_copied = more == 0 || room_.blocks >= received_datagrams::most;
  std::string copy{is_copied ? data.text() : std::string_view{}};
  arrival& last = waiting_.emplace_back();
  last.asked = asked;
  last.copy = std::move(copy);
  if (!is_copied) {
    last.block = std::move(data);
    ++room_.blocks;
  }
  room_.bytes += more + overhead;
  return true;
}

void unreceived_datagrams::drop_taken() noexcept {
  waiting_.erase(waiting_.begin(), waiting_.begin() + static_cast<std::ptrdiff_t>(taken_));
  taken_ = 0;
}

/// What a burst took goes with it.
bytes unreceived_datagrams::take(buffer_pool& blocks, address& asked) {
  arrival& oldest = waiting_[taken_++];
  release(oldest);
  asked = oldest.asked;
  bytes data = oldest.block.empty() ? blocks.copy(std::exchange(oldest.copy, {})) : std::move(oldest.block);
  if (empty()) {
    drop_taken();
    if (waiting_.capacity() > received_datagrams::most) waiting_.shrink_to_fit();
  }
  return data;
}

}  // namespace ahoy::inline v0
