#include <ahoy/server/callers.hpp>

#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>

namespace ahoy::inline v0 {

namespace {

constexpr std::array<std::string_view, 4> reasons = {"cut, since the server ends", "kicked",
                                                     "made way for a newer caller", "took nothing"};

}  // namespace

std::string_view callers::in_words(cut why) noexcept { return reasons[static_cast<std::size_t>(why)]; }

bool callers::is_cut(std::string_view why) noexcept {
  const std::span ours{reasons.begin(), reasons.size() - 1};  // the last is the caller's own doing
  return std::ranges::find(ours, why) != ours.end();
}

namespace {

/// The peer's end counts as a byte that was received (tcp_rcv_nxt_update in tcp_input.c).
bool has_ended(const tcp_info& now) noexcept {
  // TIME_WAIT, CLOSE_WAIT, LAST_ACK, CLOSING (tcp_states.h; <netinet/tcp.h> has them, and an older tcp_info).
  constexpr std::array<std::uint8_t, 4> after_its_end = {6, 8, 9, 11};
  return std::ranges::find(after_its_end, now.tcpi_state) != after_its_end.end();
}

/// Handed to the kernel is what it has sent once, and what waits for that.
std::optional<callers::traffic> counted_by_kernel(connection& link) {
  if (link.transport() != "tcp" || !link.native()) return std::nullopt;
  tcp_info now{};
  socklen_t size = sizeof now;
  if (::getsockopt(link.native()->number(), IPPROTO_TCP, TCP_INFO, &now, &size) != 0) return std::nullopt;
  return callers::traffic{now.tcpi_bytes_received - (has_ended(now) ? 1 : 0),
                          now.tcpi_bytes_sent - now.tcpi_bytes_retrans + now.tcpi_notsent_bytes};
}

}  // namespace

std::optional<callers::traffic> callers::traffic_of(caller& whom) {
  const auto counted = counted_by_kernel(whom.link());
  if (counted || whom.is_at_worker) return counted;
  return traffic{whom.link().bytes_received(), whom.link().bytes_sent()};
}

std::optional<callers::traffic> callers::traffic_on_wire(caller& whom) {
  connection& wire = whom.link().wire();
  const auto counted = counted_by_kernel(wire);
  if (counted || whom.is_at_worker) return counted;
  return traffic{wire.bytes_received(), wire.bytes_sent()};
}

callers::entry callers::add(std::unique_ptr<connection> link, context& parent, bool may_make_way) {
  std::list<caller> newcomer;  // and all of it in the registry only when nothing can fail any more
  const entry added = newcomer.emplace(newcomer.end(), std::move(link), parent);
  added->self_ = added;
  const connection& peer = added->link();
  std::list<silence> its;
  if (may_make_way) {
    its.push_back({&*added, peer.engine().now()});
    silences_.insert_or_assign(&peer, its.begin());
  }
  by_silence_.splice(by_silence_.end(), its);
  present_.splice(present_.end(), newcomer);
  return added;
}

std::unique_ptr<connection> callers::remove(entry which) noexcept {
  forget_silence(which->link());
  if (follower_) follower_->forget(*which);
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

void callers::cut_stalled(caller& whom) {
  if (whom.why_cut == cut::server_ends) whom.why_cut = cut::stalled;
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
    return give_up_place(longest);
  }
  return nullptr;
}

callers::caller* callers::make_way(time_point heard_before, std::span<caller* const> among) {
  caller* longest = nullptr;
  time_point since = heard_before;
  for (caller* each : among) {
    const auto its = silences_.find(&each->link());
    if (its == silences_.end() || its->second->since > since || each->stopped()) continue;
    if (longest && its->second->since == since) continue;  // who came first
    longest = each;
    since = its->second->since;
  }
  if (!longest) return nullptr;
  forget_silence(longest->link());
  return give_up_place(*longest);
}

callers::caller* callers::give_up_place(caller& of) {
  of.why_cut = cut::made_way;
  ++making_way_;
  of.stop();
  of.link().shutdown_receive();
  return &of;
}

}  // namespace ahoy::inline v0
