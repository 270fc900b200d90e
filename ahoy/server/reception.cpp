#include <ahoy/server/backoff.hpp>
#include <ahoy/server/capacity.hpp>
#include <ahoy/server/reception.hpp>

#include <algorithm>
#include <new>

namespace ahoy::inline v0 {

namespace {

address_limits limits_of_senders(address_limits asked, bool tells_others) noexcept {
  if (tells_others && asked.at_once == 0) asked.at_once = reception::most_told_of_address;
  return asked;
}

}  // namespace

reception::reception(engine& by, const server_options& options, callers& here, observer& told,
                     bool tells_others)
    : by_{by},
      options_{options},
      here_{here},
      told_{told},
      connected_{options.per_address},
      senders_{limits_of_senders(options.per_address, tells_others)},
      max_clients_{options.max_clients ? options.max_clients
                                       : default_max_clients(options, limits_of_system())} {}

bool reception::may_tell(turned_away what) {
  const bool may = limits_[static_cast<std::size_t>(what)].allows(by_.now());
  if (!may) untold_.notify();
  return may;
}

void reception::tell_untold() {
  for (std::size_t i = 0; i < limits_.size(); ++i) {
    const std::uint64_t callers = limits_[i].take_untold(by_.now());
    if (callers > 0) told_.untold(static_cast<turned_away>(i), callers);
  }
}

/// What there is no memory to tell is left untold.
task<> reception::tell_untold_in_time() {
  for (;;) {
    bool is_short = false;
    try {
      while (std::ranges::all_of(limits_, [](const rate_limit& each) { return each.untold() == 0; }))
        co_await untold_.wait();
      co_await by_.sleep(rate_limit::interval);
      tell_untold();
    } catch (const std::bad_alloc&) {
      is_short = true;
    }
    if (is_short) co_await backoff{by_};
  }
}

bool reception::tell_refused(newcomer which, const address& caller, turned_away why) {
  if (!may_tell(why)) return false;
  if (why == turned_away::too_many)
    told_.too_many(caller, admission_of(which).most_at_once());
  else if (why == turned_away::too_often)
    told_.too_often(caller);
  else
    told_.busy(caller, here_.in_place());
  return true;
}

void reception::tell_insecure(const connection& caller, std::string_view why) {
  if (may_tell(turned_away::insecure)) told_.insecure(caller, why);
}

void reception::tell_denied(const address& caller) {
  if (may_tell(turned_away::denied)) told_.denied(caller);
}

/// Whoever forges senders must neither take all places for ever nor, where a handler takes its time to leave,
/// have more than so many beyond them.
bool reception::make_place(newcomer which) {
  if (!is_full()) return true;
  if (here_.making_way() >= most_making_way_at_once) return false;
  const duration silence = which == newcomer::connected ? duration::zero() : options_.silence;
  const callers::caller* gone = here_.make_way(by_.now() - silence);
  if (gone && may_tell(turned_away::made_way)) told_.made_way(gone->link());
  return gone != nullptr;
}

/// Where all places are taken, a few may still be on their way out.
void reception::limit_leaving() noexcept {
  if (leaving_.size() <= most_leaving_beyond_places) return;
  const std::size_t in_places = leaving_.size() - most_leaving_beyond_places;
  if (here_.in_place() + in_places >= max_clients_) leaving_.make_room();
}

/// Of datagrams' peers nobody knows whether they have left: of one address, too, the one that is silent.
bool reception::make_way_of_own(const address& caller) {
  if (here_.making_way() >= most_making_way_at_once) return false;
  const callers::caller* gone = here_.make_way(by_.now() - options_.silence, peers_.of(caller));
  if (gone && may_tell(turned_away::made_way)) told_.made_way(gone->link());
  return gone != nullptr;
}

std::variant<counted_in, turned_away> reception::admit(newcomer which, const address& caller) {
  admission& to = admission_of(which);
  const admission::verdict what = to.admit(caller, by_.now());
  if (what == admission::verdict::too_often) return turned_away::too_often;
  if (what == admission::verdict::too_many) {
    if (which == newcomer::connected || !make_way_of_own(caller)) return turned_away::too_many;
    to.admit_in_place_of_another(caller, by_.now());
    return counted_in{to, by_, caller};
  }
  counted_in its{to, by_, caller};
  if (!make_place(which)) return turned_away::busy;
  limit_leaving();
  return its;
}

counted_in reception::counted(const connection& caller) noexcept {
  admission& in =
      admission_of(caller.keeps_boundaries() ? newcomer::sender_of_datagrams : newcomer::connected);
  return {in, by_, in.is_limited() ? caller.remote() : address{}};
}

void reception::enter(callers::caller& who, bool may_make_way) {
  if (may_make_way && senders_.most_at_once() > 0) peers_.add(who);
}

void reception::leave(callers::caller& who) noexcept {
  if (senders_.most_at_once() > 0) peers_.remove(who);
}

}  // namespace ahoy::inline v0
