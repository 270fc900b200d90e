#include <ahoy/connection/connection.hpp>

namespace ahoy::inline v0 {

connection::receive_awaiter::receive_awaiter(connection& from, descriptor* on, duration limit) noexcept
    : receive_operation{on}, from_{from} {
  timeout = limit;
}

bool connection::receive_awaiter::submit() {
  by = &from_.engine();
  return from_.submit(*this);
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
  return to_.submit(*this);
}

void connection::send_awaiter::await_resume() const {
  throw_if_failed(error, "send to", error ? to_.label() : std::string_view{});
}

}  // namespace ahoy::inline v0
