#include <ahoy/connection/connection.hpp>
#include <ahoy/error/error.hpp>

#include <sys/socket.h>

#include <cerrno>

namespace ahoy::inline v0 {

namespace {

// Of its own timeout: the system gives a peer up with the same cause (tcp(7), TCP_USER_TIMEOUT).
constexpr const char* said_nothing = "it said nothing for too long";
constexpr const char* took_nothing = "it took nothing for too long";

}  // namespace

bool connection::is_over(operation& asked) noexcept {
  asked.error = asked.engine().why_over(*asked.where);
  return asked.error != 0;
}

void connection::receive_awaiter::fail() const {
  from_.throw_reason(*this);
  if (is_of_a_send) throw ahoy::error{system_code(error), "send to", from_.label()};
  throw ahoy::error{system_code(error), "receive from", from_.label(), timed_out ? said_nothing : ""};
}

std::optional<bytes> connection::receive_within_awaiter::await_resume() {
  if (error != 0 && timed_out) return std::nullopt;
  return receive_awaiter::await_resume();
}

std::optional<std::size_t> connection::discard_awaiter::await_resume() {
  const bytes got = receive_awaiter::await_resume();
  if (got.empty() && dropped == 0) return std::nullopt;
  return dropped + got.size();
}

struct connection::send_awaiter::operation final : send_operation {
  operation(connection& through, std::string_view data) noexcept
      : send_operation{nullptr, data, through.timeout_}, to{through} {}
  ahoy::engine& engine() const noexcept override { return to.engine(); }
  bool submit() override { return to.submit(*this); }
  connection& to;
};

void connection::send_awaiter::deleter::operator()(operation* done) const noexcept { delete done; }

bool connection::send_awaiter::wait(std::coroutine_handle<> self, context& where, tried how) {
  waiting_ = decltype(waiting_){new operation{to_, left}};
  waiting_->waiting = self;
  waiting_->where = &where;
  waiting_->was_tried = how == tried::in_vain;
  return !waiting_->submit();
}

void connection::send_awaiter::finish() const {
  const int failure = waiting_ ? waiting_->error : error;
  const bool is_late = waiting_ && waiting_->timed_out;
  if (failure != 0 && waiting_) to_.throw_reason(*waiting_);
  if (failure != 0)
    throw ahoy::error{system_code(failure), "send to", to_.label(), is_late ? took_nothing : ""};
}

/// sendfile(2): EINVAL and ENOSYS are for files that cannot, EIO and EOVERFLOW for what reading would say.
std::size_t connection::send_file_awaiter::await_resume() const {
  const bool is_of_the_file = error == EINVAL || error == ENOSYS || error == EIO || error == EOVERFLOW;
  if (error != 0 && !is_of_the_file) throw ahoy::error{system_code(error), "send to", to_.label()};
  return taken;
}

std::size_t connection::send_what_fits(std::string_view data) noexcept {
  if (!below_) return 0;
  const ssize_t taken = ::send(below_->number(), data.data(), data.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  if (taken <= 0) return 0;
  below_->sent += static_cast<std::size_t>(taken);
  return static_cast<std::size_t>(taken);
}

bool connection::submit(send_file_operation& asked) {
  asked.error = ENOSYS;
  return true;
}

}  // namespace ahoy::inline v0
