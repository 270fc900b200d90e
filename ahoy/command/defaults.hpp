#pragma once
#include <ahoy/command/options.hpp>

namespace ahoy::inline v0 {

// What holds where an option was not given, and depends on others. A datagram endpoint keeps its own borders
// whatever these say of streams.

[[nodiscard]] framing framing_for(const listen_options& given) noexcept;
[[nodiscard]] framing framing_for(const call_options& given) noexcept;
[[nodiscard]] framing framing_for(const send_options& given) noexcept;

/// The strongest that the transport has.
[[nodiscard]] confirmation confirmation_for(const send_options& given) noexcept;

/// Whether callers share a room: under talk and relay. The other handlers, and --exec, serve each alone.
[[nodiscard]] bool has_room(const listen_options& given) noexcept;

/// How long call and send listen on after their input has ended, over datagrams.
inline constexpr duration datagram_linger = std::chrono::seconds{1};

}  // namespace ahoy::inline v0
