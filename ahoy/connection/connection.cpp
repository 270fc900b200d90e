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

std::size_t connection::discard_awaiter::await_resume() {
  const bytes received = receive_awaiter::await_resume();
  return dropped + received.size();
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

connection::send_file_awaiter::send_file_awaiter(connection& to, descriptor* on, int file,
                                                 std::size_t most) noexcept
    : send_file_operation{on, file, most}, to_{to} {
  timeout = to.timeout_;
}

bool connection::send_file_awaiter::submit() {
  by = &to_.engine();
  return is_over(*this) || to_.submit(*this);
}

/// sendfile(2): EINVAL and ENOSYS are for files that cannot, EIO and EOVERFLOW for what reading would say.
std::size_t connection::send_file_awaiter::await_resume() const {
  const bool is_of_the_file = error == EINVAL || error == ENOSYS || error == EIO || error == EOVERFLOW;
  if (!is_of_the_file) throw_if_failed(error, "send to", error ? to_.label() : std::string_view{});
  return taken;
}

bool connection::submit(send_file_operation& asked) {
  asked.error = ENOSYS;
  return true;
}

}  // namespace ahoy::inline v0
