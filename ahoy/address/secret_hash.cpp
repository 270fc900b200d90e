#include <ahoy/address/secret_hash.hpp>

#include <sys/random.h>

#include <chrono>

namespace ahoy::inline v0 {

namespace {

/// Where the system has no random bytes to give, which it has but for the first moments after its start, what
/// a stranger can only guess.
std::uint64_t random_word() noexcept {
  std::uint64_t word = 0;
  if (::getrandom(&word, sizeof word, GRND_NONBLOCK) == sizeof word) return word;
  const auto now = std::chrono::steady_clock::now().time_since_epoch().count();
  return static_cast<std::uint64_t>(now) ^ reinterpret_cast<std::uintptr_t>(&word);
}

/// The finalizer of MurmurHash3: each bit of what goes in changes half of those that come out.
std::uint64_t mixed(std::uint64_t word) noexcept {
  word = (word ^ (word >> 33)) * 0xff51afd7ed558ccdU;
  word = (word ^ (word >> 33)) * 0xc4ceb9fe1a85ec53U;
  return word ^ (word >> 33);
}

}  // namespace

std::size_t secret_hash(std::uint64_t word) noexcept {
  static const std::uint64_t secret = random_word();
  return mixed(word ^ secret);
}

}  // namespace ahoy::inline v0
