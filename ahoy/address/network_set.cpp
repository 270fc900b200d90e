#include <ahoy/address/network_set.hpp>

#include <endian.h>

#include <algorithm>
#include <cstring>

namespace ahoy::inline v0 {

namespace {

template <class Word>
Word word_at(const std::byte* from) noexcept {
  Word word;
  std::memcpy(&word, from, sizeof word);
  return word;
}

/// So many bits after the first `prefix` ones, all set.
std::uint64_t rest_after(unsigned prefix) noexcept { return prefix < 64 ? UINT64_MAX >> prefix : 0; }

}  // namespace

network_set::inet_host network_set::inet_of(const network::host& from) noexcept {
  return be32toh(word_at<std::uint32_t>(from.bytes.data()));
}

network_set::inet6_host network_set::inet6_of(const network::host& from) noexcept {
  return {be64toh(word_at<std::uint64_t>(from.bytes.data())),
          be64toh(word_at<std::uint64_t>(from.bytes.data() + 8))};
}

network_set::range<network_set::inet_host> network_set::inet_range(const network& of) noexcept {
  const inet_host first = inet_of(of.first_);
  return {first, first | static_cast<inet_host>(rest_after(32 + of.prefix_))};
}

network_set::range<network_set::inet6_host> network_set::inet6_range(const network& of) noexcept {
  const inet6_host first = inet6_of(of.first_);
  const unsigned in_lower = of.prefix_ - std::min(of.prefix_, 64U);
  return {first, {first[0] | rest_after(of.prefix_), first[1] | rest_after(in_lower)}};
}

network_set::network_set(std::span<const network> all) {
  for (const network& each : all) {
    if (each.first_.family == AF_INET)
      inet_.push_back(inet_range(each));
    else
      inet6_.push_back(inet6_range(each));
  }
  merge(inet_);
  merge(inet6_);
}

template <class Host>
void network_set::merge(std::vector<range<Host>>& all) {
  std::ranges::sort(all, {}, &range<Host>::first);
  std::size_t merged = 0;
  for (const range<Host>& each : all) {
    if (merged > 0 && each.first <= all[merged - 1].last)
      all[merged - 1].last = std::max(all[merged - 1].last, each.last);
    else
      all[merged++] = each;
  }
  all.resize(merged);
  all.shrink_to_fit();
}

template <class Host>
bool network_set::is_in(const std::vector<range<Host>>& all, const Host& one) noexcept {
  const auto after = std::ranges::upper_bound(all, one, {}, &range<Host>::first);
  return after != all.begin() && one <= std::prev(after)->last;
}

bool network_set::contains(const sockaddr& peer) const noexcept {
  const network::host who = network::host_of(peer);
  if (who.family == AF_INET) return is_in(inet_, inet_of(who));
  return who.family == AF_INET6 && is_in(inet6_, inet6_of(who));
}

}  // namespace ahoy::inline v0
