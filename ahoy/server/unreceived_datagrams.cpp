#include <ahoy/server/unreceived_datagrams.hpp>

#include <utility>

namespace ahoy::inline v0 {

unreceived_datagrams::~unreceived_datagrams() {
  for (const entry& each : waiting_) release(each);
}

void unreceived_datagrams::release(const entry& gone) noexcept {
  room_.bytes -= gone.block.size() + gone.copy.size();
  if (!gone.block.empty()) --room_.blocks;
}

/// Of blocks there are as many as come at once: mostly a handler is as quick as that.
bool unreceived_datagrams::add(bytes data, const address& asked) {
  const std::size_t size = data.size();
  if (waiting_.size() >= most || !room_.has(size)) return false;
  if (room_.blocks < received_datagrams::most) {
    waiting_.push_back({std::move(data), {}, asked});
    ++room_.blocks;
  } else {
    waiting_.push_back({{}, std::string{data.text()}, asked});
  }
  room_.bytes += size;
  return true;
}

bytes unreceived_datagrams::take(buffer_pool& blocks, address& asked) {
  entry& oldest = waiting_.front();
  release(oldest);
  asked = oldest.asked;
  bytes data = oldest.block.empty() ? blocks.copy(oldest.copy) : std::move(oldest.block);
  waiting_.pop_front();
  return data;
}

}  // namespace ahoy::inline v0
