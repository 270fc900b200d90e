#include <ahoy/server/callers.hpp>

#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>

namespace ahoy::inline v0 {

namespace {

constexpr std::array<std::string_view, 3> reasons = {"cut, since the server ends", "kicked",
                                                     "made way for a newer caller"};

}  // namespace

std::string_view callers::in_words(cut why) noexcept { return reasons[static_cast<std::size_t>(why)]; }

bool callers::is_cut(std::string_view why) noexcept {
  return std::ranges::find(reasons, why) != reasons.end();
}

namespace {

/// Handed to the kernel is what it has sent once, and what waits for that.
std::optional<callers::traffic> counted_by_kernel(connection& link) {
  if (link.transport() != "tcp" || !link.native()) return std::nullopt;
  tcp_info now{};
  socklen_t size = sizeof now;
  if (::getsockopt(link.native()->number(), IPPROTO_TCP, TCP_INFO, &now, &size) != 0) return std::nullopt;
  return callers::traffic{now.tcpi_bytes_received,
                          now.tcpi_bytes_sent - now.tcpi_bytes_retrans + now.tcpi_notsent_bytes};
}

}  // namespace

std::optional<callers::traffic> callers::traffic_of(caller& whom) {
  const auto counted = counted_by_kernel(whom.link());
  if (counted || whom.is_at_worker) return counted;
  return traffic{whom.link().bytes_received(), whom.link().bytes_sent()};
}

callers::entry callers::add(std::unique_ptr<connection> link, context& parent, bool may_make_way) {
  const entry added = present_.emplace(present_.end(), std::move(link), parent);
  added->self_ = added;
  const connection& peer = added->link();
  if (may_make_way)
    silences_[&peer] = by_silence_.insert(by_silence_.end(), silence{&*added, peer.engine().now()});
  return added;
}

std::unique_ptr<connection> callers::remove(entry which) noexcept {
  forget_silence(which->link());
  if (which->why_cut == cut::made_way) --making_way_;
  std::unique_ptr<connection> link = std::move(which->link_);
  present_.erase(which);
  return link;
}

void callers::forget_silence(const connection& of) noexcept {
  const auto found = silences_.find(&of);
  if (found == silences_.end()) return;
  by_silence_.erase(found->second);
  silences_.erase(found);
}

callers::caller* callers::find(std::string_view label) noexcept {
  const auto found =
      std::ranges::find_if(present_, [&](const caller& each) { return each.link().label() == label; });
  return found == present_.end() ? nullptr : &*found;
}

void callers::kick(caller& whom) {
  if (whom.why_cut == cut::server_ends) whom.why_cut = cut::kicked;
  whom.stop();
}

void callers::end_receiving() {
  for (caller& each : present_) each.link().shutdown_receive();
}

void callers::end_receiving_datagrams() {
  for (caller& each : present_)
    if (each.link().keeps_boundaries()) each.link().shutdown_receive();
}

void callers::heard(const connection& from) {
  const auto found = silences_.find(&from);
  if (found == silences_.end()) return;
  found->second->since = from.engine().now();
  by_silence_.splice(by_silence_.end(), by_silence_, found->second);
}

callers::caller* callers::make_way(time_point heard_before) {
  while (!by_silence_.empty() && by_silence_.front().since <= heard_before) {
    caller& longest = *by_silence_.front().of;
    forget_silence(longest.link());
    if (longest.stopped()) continue;  // leaves anyway, and keeps the reason it has
    longest.why_cut = cut::made_way;
    ++making_way_;
    longest.stop();
    longest.link().shutdown_receive();
    return &longest;
  }
  return nullptr;
}

}  // namespace ahoy::inline v0
