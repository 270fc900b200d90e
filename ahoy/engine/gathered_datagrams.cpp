#include <ahoy/engine/attempt.hpp>
#include <ahoy/engine/gathered_datagrams.hpp>
#include <ahoy/error/error.hpp>
#include <ahoy/error/log.hpp>

#include <algorithm>
#include <cstring>

namespace ahoy::inline v0 {

bool gathered_datagrams::add(std::string_view data, const datagram_header& to, sender& by) noexcept {
  if (data.size() > std::min(longest, most_bytes - used_) || end_ == most) return false;
  place& free = places_[end_];
  free.by = &by;
  free.piece = {data_.data() + used_, data.size()};
  data.copy(data_.data() + used_, data.size());
  used_ += data.size();
  msghdr& message = messages_[end_++].msg_hdr;
  message = {};
  if (to.peer.size() > 0) message.msg_name = std::memcpy(&free.peer, to.peer.data(), to.peer.size());
  message.msg_namelen = to.peer.size();
  message.msg_iov = &free.piece;
  message.msg_iovlen = 1;
  write_control(message, free.control, to);
  return true;
}

void gathered_datagrams::forget(const sender& gone) noexcept {
  for (std::size_t at = first_; at < end_; ++at)
    if (places_[at].by == &gone) places_[at].by = nullptr;
}

void gathered_datagrams::passed(std::size_t count) noexcept {
  first_ += count;
  done_ += count;
  if (first_ == end_) first_ = end_ = used_ = 0;
}

void gathered_datagrams::tell_refused(int why) {
  const place& one = places_[first_];
  if (one.by) return one.by->refused(why);
  const address peer{reinterpret_cast<const sockaddr*>(&one.peer), messages_[first_].msg_hdr.msg_namelen};
  log(log_level::detail, peer.to_string() + ": a datagram was not sent, " + cause_in_words(system_code(why)));
}

/// sendmmsg(2) tells an error only of the first that is left.
bool gathered_datagrams::send(descriptor& through) {
  while (!empty()) {
    const ssize_t taken = detail::uninterrupted(patience::none, [&] {
      return ::sendmmsg(through.number(), &messages_[first_], static_cast<unsigned>(end_ - first_),
                        detail::message_flags(patience::none));
    });
    if (taken > 0) {
      for (std::size_t at = first_; at < first_ + static_cast<std::size_t>(taken); ++at)
        through.sent += messages_[at].msg_len;
      passed(static_cast<std::size_t>(taken));
      continue;
    }
    int why = 0;
    if (!detail::settle(taken, why)) return false;
    tell_refused(why);
    passed(1);
  }
  return true;
}

}  // namespace ahoy::inline v0
