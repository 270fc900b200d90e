#pragma once
#include <ahoy/address/address.hpp>
#include <ahoy/task/context.hpp>

#include <cstddef>
#include <cstdint>
#include <list>
#include <optional>
#include <unordered_map>

namespace ahoy::inline v0 {

/// Whom limits per address take for one caller: an IPv4 host; of IPv6 the /64, which is what one household or
/// machine is given (RFC 6177), and out of which it may call from any address. Link-local hosts, of whom a
/// whole link shares one /64, and IPv4 hosts behind a translator (64:ff9b::/96, RFC 6052) count one by one.
struct address_group {
  /// nullopt for what is no address of the internet: callers of Unix sockets.
  [[nodiscard]] static std::optional<address_group> of(const address& caller) noexcept;
  friend bool operator==(const address_group&, const address_group&) = default;

  std::uint64_t network = 0, host = 0;
};

/// Who chooses addresses, since he forges them, must not choose where they collide.
struct address_group_hash {
  [[nodiscard]] std::size_t operator()(const address_group& of) const noexcept;
};

/// What one address may have; 0 is no limit.
struct address_limits {
  std::size_t at_once = 0;     ///< callers that are here
  std::size_t per_second = 0;  ///< new ones, once a burst is used up (a token bucket)
  std::size_t burst = 0;       ///< new ones that may come together; 0: ten times per_second
};

/// Counts callers by where they call from. It keeps who is here, and beside them at most most_kept addresses
/// whose bucket is not full again: where senders are forged it forgets who was seen longest ago, who then has
/// a full one. Belongs to the server's thread.
class admission {
 public:
  static constexpr std::size_t most_kept = 65536;

  explicit admission(const address_limits& limits, std::size_t most = most_kept) noexcept;

  enum class verdict { welcome, too_many, too_often };
  /// Counts a caller in who is welcome: it is here until leave().
  [[nodiscard]] verdict admit(const address& caller, time_point now);
  /// Whether not too many are here from there.
  [[nodiscard]] bool has_room(const address& caller) const noexcept;
  /// One who is too many is counted in all the same: another from there leaves for it.
  void admit_in_place_of_another(const address& caller, time_point now);
  /// Of one who was counted in.
  void leave(const address& caller, time_point now) noexcept;

  [[nodiscard]] bool is_limited() const noexcept { return most_here_ > 0 || interval_ > duration::zero(); }
  [[nodiscard]] std::size_t most_at_once() const noexcept { return most_here_; }
  /// How many addresses it knows of.
  [[nodiscard]] std::size_t size() const noexcept { return known_.size(); }

 private:
  struct place {
    address_group of;
    std::size_t here = 0;
    time_point full_at{};  // when its bucket is full again (GCRA: the theoretical arrival time)
  };
  using entry = std::list<place>::iterator;
  entry find_or_add(const address_group& of);
  void forget(entry which) noexcept;
  [[nodiscard]] bool has_token(const place& of, time_point now) const noexcept;
  void count_in(place& one, time_point now) noexcept;

  std::size_t most_here_;
  duration interval_{};  // between two tokens; zero: no limit
  duration tolerance_{};
  std::size_t most_;
  std::list<place> present_;  // at least one of theirs is here
  std::list<place> gone_;     // by when they were seen; the one that was seen last is the last
  std::unordered_map<address_group, entry, address_group_hash> known_;
};

}  // namespace ahoy::inline v0
