#include <ahoy/server/backoff.hpp>

#include <new>
#include <thread>

namespace ahoy::inline v0 {

namespace {

/// Nobody is served meanwhile.
constexpr std::chrono::milliseconds standstill{10};

}  // namespace

bool backoff::submit() {
  try {
    return sleep_awaiter::submit();
  } catch (const std::bad_alloc&) {
    std::this_thread::sleep_for(standstill);
  }
  timeout = no_timeout;
  const bool is_over = sleep_awaiter::submit();
  if (!is_over) engine().complete(*this, 0);
  return is_over;
}

}  // namespace ahoy::inline v0
