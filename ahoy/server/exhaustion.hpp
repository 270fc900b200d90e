#pragma once
#include <ahoy/error/error.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>

namespace ahoy::inline v0 {

/// accept(2), recvmsg(2), epoll_ctl(2): of these a server recovers when something is freed, by whoever holds
/// it; to try at once would only burn the processor.
[[nodiscard]] inline bool is_exhaustion(int error) noexcept {
  constexpr std::array all = {EMFILE, ENFILE, ENOBUFS, ENOMEM, ENOSPC};
  return std::ranges::find(all, error) != all.end();
}
[[nodiscard]] inline bool is_exhaustion(const std::error_code& why) noexcept {
  return why.category() != error_category() && is_exhaustion(why.value());
}

}  // namespace ahoy::inline v0
