#include <ahoy/command/defaults.hpp>

namespace ahoy::inline v0 {

bool has_room(const listen_options& given) noexcept {
  return given.exec.empty() && (given.handler == "talk" || given.handler == "relay");
}

framing framing_for(const listen_options& given) noexcept {
  return given.framing.value_or(has_room(given) ? framing::line : framing::raw);
}

framing framing_for(const call_options& given) noexcept { return given.framing.value_or(framing::raw); }

framing framing_for(const send_options& given) noexcept {
  return given.framing.value_or(given.messages.empty() ? framing::raw : framing::line);
}

confirmation confirmation_for(const send_options& given) noexcept {
  const bool is_datagram = given.to.type() == socket_type::datagram;
  return given.confirm.value_or(is_datagram ? confirmation::sent : confirmation::closed);
}

}  // namespace ahoy::inline v0
