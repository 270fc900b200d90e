#include <ahoy/server/server_rules.hpp>

namespace ahoy::inline v0 {

caller_filter::caller_filter(const server_rules& rules)
    : allowed_{rules.allow}, denied_{rules.deny}, allows_all_{rules.allow.empty()} {}

bool caller_filter::admits(const address& caller) const noexcept {
  if (caller.family() == family::local) return true;
  const sockaddr& who = *caller.data();
  return !denied_.contains(who) && (allows_all_ || allowed_.contains(who));
}

}  // namespace ahoy::inline v0
