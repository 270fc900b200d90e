#include <ahoy/engine/received_datagrams.hpp>

#include <algorithm>
#include <cassert>
#include <cerrno>

namespace ahoy::inline v0 {

received_datagrams::~received_datagrams() {
  for (const place& each : places_)
    if (each.block.iov_base) blocks_.give_back(static_cast<char*>(each.block.iov_base));
}

/// None of the places that there are is moved by that: messages point into them.
received_datagrams::received_datagrams(buffer_pool& blocks) : blocks_{blocks} {
  places_.reserve(most);
  messages_.reserve(most);
  grow(1);
}

/// What was given out and has come back fits into the pool, so that no burst allocates anew.
void received_datagrams::grow(std::size_t room) noexcept {
  blocks_.keep(room);
  places_.resize(room);
  messages_.resize(room);
  unready_ = room;
}

/// false: there is no memory for its block.
bool received_datagrams::prepare(std::size_t at) noexcept {
  place& free = places_[at];
  if (!free.block.iov_base) {
    const std::span<char> block = blocks_.try_take();
    free.block = {block.data(), block.size()};
    if (block.empty()) return false;
  }
  msghdr& message = messages_[at].msg_hdr;
  message.msg_name = free.peer.data();
  message.msg_namelen = address::capacity();
  message.msg_iov = &free.block;
  message.msg_iovlen = 1;
  message.msg_control = free.control.space.data();
  message.msg_controllen = free.control.space.size();
  return true;
}

std::size_t received_datagrams::prepare_all() noexcept {
  for (std::size_t at = 0; at < unready_; ++at)
    if (!prepare(at)) return at;
  unready_ = 0;
  return messages_.size();
}

int received_datagrams::fill(int socket, int flags) noexcept {
  assert(empty());
  if (count_ == places_.size()) grow(std::min(2 * count_, most));
  const std::size_t ready = prepare_all();
  next_ = count_ = 0;
  if (ready == 0) return errno = ENOMEM, -1;
  const int got = ::recvmmsg(socket, messages_.data(), static_cast<unsigned>(ready),
                             flags | MSG_WAITFORONE | MSG_CMSG_CLOEXEC, nullptr);
  count_ = got > 0 ? static_cast<std::size_t>(got) : 0;
  unready_ = std::max(unready_, count_);
  return got;
}

int received_datagrams::take(bytes& data, datagram_header& header) {
  assert(!empty());
  place& from = places_[next_];
  mmsghdr& message = messages_[next_++];
  if (message.msg_hdr.msg_flags & MSG_TRUNC) return EMSGSIZE;
  data = blocks_.lend({static_cast<char*>(from.block.iov_base), from.block.iov_len}, message.msg_len);
  from.block.iov_base = nullptr;
  from.peer.set_size(message.msg_hdr.msg_namelen);
  header.peer = from.peer;
  header.local.set_size(0);
  header.mark = 0;
  read_control(message.msg_hdr, header);
  return 0;
}

}  // namespace ahoy::inline v0
