#include <ahoy/connection/connection.hpp>

#include <cerrno>

namespace ahoy::inline v0 {

namespace {

/// What has something at hand, such as a pipe in memory, completes without its engine: a stop or a deadline
/// is observed all the same.
bool is_over(operation& asked) noexcept {
  if (asked.where->stopped())
    asked.error = ECANCELED;
  else if (asked.where->deadline() <= asked.by->now())
    asked.error = ETIMEDOUT;
  return asked.error != 0;
}

}  // namespace

connection::receive_awaiter::receive_awaiter(connection& from, descriptor* on, duration limit) noexcept
    : receive_operation{on}, from_{from} {
  timeout = limit;
}

bool connection::receive_awaiter::submit() {
  by = &from_.engine();
  return is_over(*this) || from_.submit(*this);
}

bytes connection::receive_awaiter::await_resume() {
  throw_if_failed(error, "receive from", error ? from_.label() : std::string_view{});
  return std::move(received);
}

std::optional<bytes> connection::receive_within_awaiter::await_resume() {
  if (error != 0 && timed_out) return std::nullopt;
  return receive_awaiter::await_resume();
}

connection::send_awaiter::send_awaiter(connection& to, descriptor* on, std::string_view data) noexcept
    : send_operation{on, data}, to_{to} {
  timeout = to.timeout_;
}

bool connection::send_awaiter::submit() {
  by = &to_.engine();
  return is_over(*this) || to_.submit(*this);
}

void connection::send_awaiter::await_resume() const {
  throw_if_failed(error, "send to", error ? to_.label() : std::string_view{});
}

}  // namespace ahoy::inline v0
