#include <ahoy/address/secret_hash.hpp>
#include <ahoy/server/admission.hpp>

#include <netinet/in.h>

#include <algorithm>
#include <cstring>

namespace ahoy::inline v0 {

namespace {

constexpr std::uint64_t of_inet = UINT64_MAX;  // no network of IPv6 that anybody calls from

std::uint64_t word_at(const in6_addr& from, std::size_t offset) noexcept {
  std::uint64_t word = 0;
  std::memcpy(&word, from.s6_addr + offset, sizeof word);
  return word;
}

bool counts_one_by_one(const in6_addr& host) noexcept {
  constexpr std::uint8_t translated[12] = {0x00, 0x64, 0xff, 0x9b};
  return IN6_IS_ADDR_LINKLOCAL(&host) || std::memcmp(host.s6_addr, translated, sizeof translated) == 0;
}

}  // namespace

std::optional<address_group> address_group::of(const address& caller) noexcept {
  const address plain = caller.unmapped();
  if (plain.family() == family::inet) {
    const auto* inet = reinterpret_cast<const sockaddr_in*>(plain.data());
    return address_group{of_inet, inet->sin_addr.s_addr};
  }
  if (plain.family() != family::inet6) return std::nullopt;
  const in6_addr& host = reinterpret_cast<const sockaddr_in6*>(plain.data())->sin6_addr;
  return address_group{word_at(host, 0), counts_one_by_one(host) ? word_at(host, 8) : 0};
}

std::size_t address_group_hash::operator()(const address_group& of) const noexcept {
  return secret_hash(secret_hash(of.network) + of.host);
}

admission::admission(const address_limits& limits, std::size_t most) noexcept
    : most_here_{limits.at_once}, most_{most} {
  if (limits.per_second == 0) return;
  const duration second = std::chrono::seconds{1};  // in ticks of the clock, to be divided
  interval_ = std::max(duration{1}, second / static_cast<std::int64_t>(limits.per_second));
  const std::size_t burst = limits.burst > 0 ? limits.burst : 10 * limits.per_second;
  tolerance_ = interval_ * static_cast<std::int64_t>(burst - 1);
}

bool admission::has_token(const place& of, time_point now) const noexcept {
  return interval_ == duration::zero() || of.full_at <= now + tolerance_;
}

admission::entry admission::find_or_add(const address_group& of) {
  const auto found = known_.find(of);
  if (found != known_.end()) {
    std::list<place>& in = found->second->here > 0 ? present_ : gone_;
    in.splice(in.end(), in, found->second);
    return found->second;
  }
  if (gone_.size() >= most_) forget(gone_.begin());
  std::list<place>
      newcomer;  // there only when nothing can fail any more: else another's would be forgotten for it
  const entry added = newcomer.insert(newcomer.end(), place{of});
  known_.emplace(of, added);
  gone_.splice(gone_.end(), newcomer);
  return added;
}

void admission::forget(entry which) noexcept {
  known_.erase(which->of);
  gone_.erase(which);
}

void admission::count_in(place& one, time_point now) noexcept {
  ++one.here;
  if (interval_ > duration::zero()) one.full_at = std::max(one.full_at, now) + interval_;
}

admission::verdict admission::admit(const address& caller, time_point now) {
  const auto from = address_group::of(caller);
  if (!from || !is_limited()) return verdict::welcome;
  const entry its = find_or_add(*from);
  if (!has_token(*its, now)) return verdict::too_often;
  if (most_here_ > 0 && its->here >= most_here_) return verdict::too_many;
  if (its->here == 0) present_.splice(present_.end(), gone_, its);
  count_in(*its, now);
  return verdict::welcome;
}

bool admission::has_room(const address& caller) const noexcept {
  const auto from = most_here_ > 0 ? address_group::of(caller) : std::nullopt;
  const auto known = from ? known_.find(*from) : known_.end();
  return known == known_.end() || known->second->here < most_here_;
}

void admission::admit_in_place_of_another(const address& caller, time_point now) {
  const auto from = address_group::of(caller);
  if (!from || !is_limited()) return;
  const entry its = find_or_add(*from);
  if (its->here == 0) present_.splice(present_.end(), gone_, its);
  count_in(*its, now);
}

void admission::leave(const address& caller, time_point now) noexcept {
  const auto from = address_group::of(caller);
  if (!from || !is_limited()) return;
  const auto found = known_.find(*from);
  if (found == known_.end() || found->second->here == 0) return;
  const entry its = found->second;
  if (--its->here > 0) return;
  gone_.splice(gone_.end(), present_, its);
  if (its->full_at <= now || gone_.size() > most_) forget(its->full_at <= now ? its : gone_.begin());
}

}  // namespace ahoy::inline v0
