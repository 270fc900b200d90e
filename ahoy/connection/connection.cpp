#include <ahoy/connection/connection.hpp>
#include <ahoy/error/error.hpp>

#include <cerrno>

namespace ahoy::inline v0 {

bool connection::is_over(operation& asked, ahoy::engine& by) noexcept {
  asked.by = &by;
  if (asked.where->stopped())
    asked.error = ECANCELED;
  else if (asked.where->deadline() <= by.now())
    asked.error = ETIMEDOUT;
  return asked.error != 0;
}

void connection::receive_awaiter::fail() const {
  throw ahoy::error{system_code(error), "receive from", from_.label()};
}

std::optional<bytes> connection::receive_within_awaiter::await_resume() {
  if (error != 0 && timed_out) return std::nullopt;
  return receive_awaiter::await_resume();
}

void connection::send_awaiter::fail() const { throw ahoy::error{system_code(error), "send to", to_.label()}; }

}  // namespace ahoy::inline v0
