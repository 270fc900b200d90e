#include <ahoy/error/unreadable.hpp>
#include <ahoy/server/room_options.hpp>

#include <array>

namespace ahoy::inline v0 {

namespace {
constexpr std::array<std::string_view, 4> names = {"disconnect", "drop-oldest", "drop-newest", "block"};
}

slow_policy parse_slow_policy(std::string_view text) {
  for (std::size_t i = 0; i < names.size(); ++i)
    if (names[i] == text) return static_cast<slow_policy>(i);
  throw unreadable("policy", text, "say disconnect, drop-oldest, drop-newest or block");
}

std::string_view to_string(slow_policy which) noexcept { return names[static_cast<std::size_t>(which)]; }

}  // namespace ahoy::inline v0
