#include <ahoy/command/load_result.hpp>

namespace ahoy::inline v0 {

void load_result::fail(const error& why) {
  ++errors;
  if (!failure) failure = why;
}

double load_result::rate() const noexcept {
  const double seconds = std::chrono::duration<double>(took).count();
  return seconds > 0 ? static_cast<double>(times.count()) / seconds : 0;
}

}  // namespace ahoy::inline v0
