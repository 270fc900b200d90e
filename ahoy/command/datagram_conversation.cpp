#include <ahoy/command/datagram_conversation.hpp>
#include <ahoy/command/notice.hpp>
#include <ahoy/error/error.hpp>
#include <ahoy/task/scope.hpp>

#include <fmt/format.h>
#include <sys/socket.h>

#include <exception>

namespace ahoy::inline v0 {

namespace {

/// Nobody has received what was sent.
bool is_refusal(const std::error_code& why) noexcept {
  return why == std::errc::connection_refused || why == std::errc::host_unreachable ||
         why == std::errc::network_unreachable;
}

/// A receive may tell what became of a send before it.
std::string verb_of(const std::error_code& why) { return is_refusal(why) ? "send to" : "receive from"; }

/// What ICMP told and nothing has reported yet.
std::error_code pending_failure(datagram_socket& of) noexcept {
  int failure = 0;
  socklen_t size = sizeof failure;
  ::getsockopt(of.native().number(), SOL_SOCKET, SO_ERROR, &failure, &size);
  return failure == 0 ? std::error_code{} : system_code(failure);
}

}  // namespace

task<> datagram_conversation::run() {
  context& here = co_await this_context();
  scope both{here};
  both.start_all(hear(), speak());
  co_await both.join();
  check_for_refusal();
}

task<> datagram_conversation::hear() {
  while (!stopped_) {
    const std::optional<datagram> received = co_await next();
    if (!received) continue;  // stopped, or moved on
    anything_heard_ = true;
    co_await to_.take(received->data.text(), piece::datagram);
    if (all_sent_ && until_.first_answer_ends) break;
  }
  deaf_ = true;
  over_now_.notify();
}

/// Only the wait for a datagram is given up at the end: one that has come is shown whole.
task<std::optional<datagram>> datagram_conversation::next() {
  context& here = co_await this_context();
  context hearing{here};
  hearing_ = &hearing;
  const datagram_socket* const at = &over_.socket();
  std::optional<datagram> received;
  std::exception_ptr failure;
  try {
    received = co_await receive().in(hearing);
  } catch (const error& why) {  // that nobody is there is told, also where it comes as we stop
    const bool moved = at != &over_.socket();
    const bool given_up =
        (stopped_ || moved) && !here.stopped() && why.code() == std::errc::operation_canceled;
    if (!given_up && !moves_on(why)) failure = std::current_exception();
  }
  hearing_ = nullptr;
  if (failure) std::rethrow_exception(failure);
  co_return received;
}

task<datagram> datagram_conversation::receive() {
  try {
    co_return co_await over_.socket().receive();
  } catch (const error& failure) {
    throw about_peer(failure.code(), verb_of(failure.code()));
  }
}

task<> datagram_conversation::speak() {
  co_await send_all();
  all_sent_ = true;
  if (until_.after_input > duration::zero() && !deaf_) {
    say_that_it_listens();
    co_await over_now_.wait(until_.after_input);
  }
  stopped_ = true;
  if (hearing_) hearing_->stop();
}

task<> datagram_conversation::send_all() {
  for (;;) {
    const std::optional<std::string> text = co_await from_.next();
    if (!text) co_return;
    co_await hand_over(*text);
  }
}

task<> datagram_conversation::hand_over(std::string_view text) {
  for (bool again = true; again;) {
    again = false;
    sending_ = true;
    try {
      co_await over_.socket().send(text, over_.socket().peer());
    } catch (const error& failure) {  // this one was not sent: the news may be of the one before
      sending_ = false;
      again = moves_on(failure);
      if (!again) throw about_peer(failure.code(), "send to");
    }
  }
  sending_ = false;
  first_ = count_ == 0 ? text : std::string_view{};
  sent_ += text.size();
  ++count_;
}

/// What ICMP says is said of the one datagram that was sent, if there was only one.
bool datagram_conversation::moves_on(const error& why) {
  const bool is_nobody_there = is_refusal(why.code());
  if (!is_nobody_there || count_ != 1 || anything_heard_ || sending_) return false;
  if (!over_.move_on(first_)) return false;
  if (hearing_) hearing_->stop();
  return true;
}

error datagram_conversation::about_peer(const std::error_code& why, std::string verb) const {
  return {why, std::move(verb), peer_, is_refusal(why) ? over_.in_words() : std::string{}};
}

void datagram_conversation::say_that_it_listens() const {
  const std::string_view why = until_.first_answer_ends ? " for an answer" : ", since datagrams have no end";
  if (until_.after_input == no_timeout)
    notice("listening on");
  else
    notice(fmt::format("listening {} more{}", in_words(until_.after_input), why));
}

/// What came back after the last receive.
void datagram_conversation::check_for_refusal() {
  for (;;) {
    const std::error_code failure = pending_failure(over_.socket());
    if (!failure) return;
    const error why = about_peer(failure, verb_of(failure));
    if (!moves_on(why)) throw error{why};
  }
}

std::string_view datagram_conversation::waits_for() const noexcept {
  return all_sent_ ? "wait for an answer of" : "wait for input to send to";
}

}  // namespace ahoy::inline v0
