#include <ahoy/server/stall_watch.hpp>

#include <fmt/format.h>
#include <linux/sockios.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <optional>

namespace ahoy::inline v0 {

namespace {

/// Bytes that wait for the peer, in the kernel (tcp(7)); of a Unix socket, memory.
bool has_something_waiting(int socket) noexcept {
  int unacknowledged = 0;
  return ::ioctl(socket, SIOCOUTQ, &unacknowledged) == 0 && unacknowledged > 0;
}

/// nullopt where it cannot be known.
std::optional<std::uint64_t> taken_by(const callers::caller& whom, connection& wire, int socket) noexcept {
  if (wire.transport() != "tcp") return whom.is_at_worker ? std::nullopt : std::optional{wire.progress()};
  tcp_info now{};
  socklen_t size = sizeof now;
  if (::getsockopt(socket, IPPROTO_TCP, TCP_INFO, &now, &size) != 0) return std::nullopt;
  return now.tcpi_bytes_acked;
}

/// What it has taken so far; nullopt where nothing waits for it.
std::optional<std::uint64_t> taken_while_waiting(callers::caller& whom) noexcept {
  connection& wire = whom.link().wire();
  const descriptor* below = wire.keeps_boundaries() ? nullptr : wire.native();
  if (!below || !has_something_waiting(below->number())) return std::nullopt;
  return taken_by(whom, wire, below->number());
}

}  // namespace

duration stall_watch::interval() const noexcept {
  constexpr duration least = std::chrono::milliseconds{1};
  return std::max(limit_ / 4, least);
}

std::vector<callers::caller*> stall_watch::look(time_point now) {
  std::vector<callers::caller*> stalled;
  for (callers::caller& each : followed()) {
    const std::optional<std::uint64_t> taken = taken_while_waiting(each);
    if (!taken || each.stopped()) {
      waiting_.erase(&each);
      continue;
    }
    const auto [known, is_new] = waiting_.try_emplace(&each, seen{*taken, now});
    seen& its = known->second;
    const bool is_unmoved = !is_new && its.taken == *taken;
    if (!is_unmoved) its = {*taken, now};
    if (is_unmoved && now - its.since >= limit_) stalled.push_back(&each);
  }
  return stalled;
}

std::string stalled_in_words(duration limit) {
  struct unit {
    std::string_view name;
    std::int64_t factor;
  };
  constexpr std::array units{unit{"h", 3'600'000'000'000}, unit{"m", 60'000'000'000},
                             unit{"s", 1'000'000'000}, unit{"ms", 1'000'000}, unit{"ns", 1}};
  const std::int64_t nanoseconds = std::chrono::nanoseconds(limit).count();
  const auto* fits =
      std::ranges::find_if(units, [&](const unit& each) { return nanoseconds % each.factor == 0; });
  return fmt::format("too slow: took nothing for {}{}", nanoseconds / fits->factor, fits->name);
}

}  // namespace ahoy::inline v0
