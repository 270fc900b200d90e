#pragma once
#include <ahoy/task/context.hpp>

#include <cstddef>
#include <string_view>

namespace ahoy::inline v0 {

/// What a room does to a member that is slow: whose queue is full, and who has taken no byte for
/// `slow_after`.
enum class slow_policy {
  disconnect,   ///< it is cut
  drop_oldest,  ///< it loses what waits longest
  drop_newest,  ///< it loses what is new
  block,        ///< everybody waits for it
};

/// "disconnect", "drop-oldest", "drop-newest", "block". Throws error (malformed) for any other text.
[[nodiscard]] slow_policy parse_slow_policy(std::string_view text);
[[nodiscard]] std::string_view to_string(slow_policy which) noexcept;

struct room_options {
  std::size_t queue =
      4 * 1024 * 1024;  ///< bytes that wait for one member, at most, with what keeping them takes
  duration slow_after = std::chrono::seconds{2};
  slow_policy slow = slow_policy::disconnect;
};

}  // namespace ahoy::inline v0
