#include <ahoy/engine/received_datagrams.hpp>

#include <algorithm>
#include <cassert>
#include <cerrno>

namespace ahoy::inline v0 {

received_datagrams::~received_datagrams() {
  for (const place& each : places_)
    if (each.block.iov_base) blocks_.give_back(static_cast<char*>(each.block.iov_base));
}

/// What was given out and has come back fits into the pool, so that no burst allocates anew.
void received_datagrams::grow(std::size_t room) {
  blocks_.keep(room);
  places_.resize(room);
  messages_.resize(room);
  for (std::size_t at = 0; at < room; ++at) prepare(at);
}

void received_datagrams::prepare(std::size_t at) {
  place& free = places_[at];
  if (!free.block.iov_base) {
    const std::span<char> block = blocks_.take();
    free.block = {block.data(), block.size()};
  }
  msghdr& message = messages_[at].msg_hdr;
  message.msg_name = free.peer.data();
  message.msg_namelen = address::capacity();
  message.msg_iov = &free.block;
  message.msg_iovlen = 1;
  message.msg_control = free.control.space.data();
  message.msg_controllen = free.control.space.size();
}

int received_datagrams::fill(int socket, int flags) {
  assert(empty());
  if (count_ == places_.size())
    grow(std::min(2 * count_, most));
  else
    for (std::size_t at = 0; at < count_; ++at) prepare(at);
  const int got = ::recvmmsg(socket, messages_.data(), static_cast<unsigned>(messages_.size()),
                             flags | MSG_WAITFORONE | MSG_CMSG_CLOEXEC, nullptr);
  next_ = 0;
  count_ = got > 0 ? static_cast<std::size_t>(got) : 0;
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
