#pragma once
#include <ahoy/engine/engine.hpp>
#include <ahoy/server/admission.hpp>
#include <ahoy/server/callers.hpp>
#include <ahoy/server/counted_in.hpp>
#include <ahoy/server/datagram_peers.hpp>
#include <ahoy/server/leavers.hpp>
#include <ahoy/server/observer.hpp>
#include <ahoy/server/options.hpp>
#include <ahoy/server/rate_limit.hpp>

#include <array>
#include <cstddef>
#include <string_view>
#include <variant>

namespace ahoy::inline v0 {

/// Who wants a place.
enum class newcomer { connected, sender_of_datagrams };

/// Who may be here as far as places and limits go, and what the observer is told of those who may not: of
/// that, strangers bring about as much as they like, so it is told at a bounded rate. Belongs to the server's
/// thread.
class reception {
 public:
  /// Peers of datagrams from one address where no limit was set and what one says goes to the others: a class
  /// behind one router.
  static constexpr std::size_t most_told_of_address = 32;

  /// All must outlive this. `tells_others`: see handler.
  reception(engine& by, const server_options& options, callers& here, observer& told, bool tells_others);

  [[nodiscard]] bool is_full() const noexcept { return here_.in_place() >= max_clients_; }
  /// Whether one who has connected from there would find a place.
  [[nodiscard]] bool has_place(const address& caller) const noexcept {
    return !is_full() && connected_.has_room(caller);
  }
  /// Counts the caller in where its address may have one more, and there is a place for it; else why not.
  std::variant<counted_in, turned_away> admit(newcomer which, const address& caller);
  /// It holds the place that it was admitted to. One who may make way does so, too, for another from its
  /// address.
  void enter(callers::caller& who, bool may_make_way);
  /// It is no caller any more, but counted in until its connection is closed.
  void leave(callers::caller& who) noexcept;
  /// Those who are callers no more. They hold descriptors, and leave sooner where newcomers need those.
  [[nodiscard]] leavers& leaving() noexcept { return leaving_; }
  /// Of one who was left counted in.
  counted_in counted(const connection& caller) noexcept;

  /// Whether one more of these may be told; if not it is counted.
  bool may_tell(turned_away what);
  /// Tells the observer of one that was not admitted. false: too many come for telling of each.
  bool tell_refused(newcomer which, const address& caller, turned_away why);
  void tell_denied(const address& caller);
  void tell_insecure(const connection& caller, std::string_view why);
  /// How many were not named, while there are any; until it is stopped.
  task<> tell_untold_in_time();
  void tell_untold();

 private:
  static constexpr std::size_t most_making_way_at_once = 64;
  static constexpr std::size_t most_leaving_beyond_places = 8;

  bool make_place(newcomer which);
  void limit_leaving() noexcept;
  bool make_way_of_own(const address& caller);
  [[nodiscard]] admission& admission_of(newcomer which) noexcept {
    return which == newcomer::connected ? connected_ : senders_;
  }

  engine& by_;
  const server_options& options_;
  callers& here_;
  observer& told_;
  admission connected_, senders_;  // by address; senders of datagrams may be forged, so they count apart
  datagram_peers peers_;
  leavers leaving_;
  std::array<rate_limit, 6> limits_;  // by turned_away
  event untold_{by_};
  std::size_t max_clients_;
};

}  // namespace ahoy::inline v0
