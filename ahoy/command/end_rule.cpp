#include <ahoy/command/defaults.hpp>
#include <ahoy/command/end_rule.hpp>
#include <ahoy/command/notice.hpp>
#include <ahoy/connection/security.hpp>

#include <array>

namespace ahoy::inline v0 {

namespace {

/// By after_eof::rule: ordinary, wait, close, limited.
using row = std::array<listen_until, 4>;

constexpr row until_the_end{listen_until::peer_ends, listen_until::peer_ends, listen_until::settled,
                            listen_until::limit};
constexpr row until_acknowledged{listen_until::settled, listen_until::peer_ends, listen_until::settled,
                                 listen_until::limit};
constexpr row until_handed_over{listen_until::at_once, listen_until::peer_ends, listen_until::at_once,
                                listen_until::limit};

end_rule make(const row& of, const after_eof& asked, bool sends_all) noexcept {
  end_rule made;
  made.until = of[static_cast<std::size_t>(asked.how)];
  made.limit = asked.limit;
  made.sends_all = sends_all;
  made.keeps_open = asked.how == after_eof::rule::wait;
  return made;
}

}  // namespace

end_rule rule_of_call(const after_eof& asked) noexcept { return make(until_the_end, asked, false); }

end_rule rule_of_send(const after_eof& asked, confirmation wanted) noexcept {
  if (wanted == confirmation::sent) return make(until_handed_over, asked, true);
  return make(wanted == confirmation::acked ? until_acknowledged : until_the_end, asked, true);
}

end_rule rule_for(end_rule asked, const connection& with, const after_eof& given) {
  const auto* secure = dynamic_cast<const secure_connection*>(&with);
  const bool ends_both = secure && !secure->has_halves() && given.how == after_eof::rule::ordinary;
  asked.ends_last = ends_both && asked.until == listen_until::peer_ends;
  if (asked.ends_last)
    notice(
        "the peer speaks TLS 1.2, over which our end would end its answer: its end is awaited first "
        "(--after-eof)");
  return asked;
}

duration datagram_limit(const after_eof& asked) noexcept {
  const std::array<duration, 4> limits{datagram_linger, no_timeout, duration::zero(), asked.limit};
  return limits[static_cast<std::size_t>(asked.how)];
}

}  // namespace ahoy::inline v0
