#include <ahoy/message/timestamp.hpp>

#include <fmt/format.h>

namespace ahoy::inline v0 {

std::string timestamp(std::chrono::system_clock::time_point when) {
  const auto instant = std::chrono::floor<std::chrono::milliseconds>(when);
  const auto midnight = std::chrono::floor<std::chrono::days>(instant);
  const std::chrono::year_month_day day(midnight);
  const std::chrono::hh_mm_ss clock(instant - midnight);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", static_cast<int>(day.year()),
                     static_cast<unsigned>(day.month()), static_cast<unsigned>(day.day()),
                     clock.hours().count(), clock.minutes().count(), clock.seconds().count(),
                     clock.subseconds().count());
}

}  // namespace ahoy::inline v0
