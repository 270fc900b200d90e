#include <ahoy/command/datagram_conversation.hpp>
#include <ahoy/command/notice.hpp>
#include <ahoy/error/error.hpp>
#include <ahoy/task/scope.hpp>

#include <fmt/format.h>
#include <sys/socket.h>

#include <exception>

namespace ahoy::inline v0 {

namespace {

/// A receive may tell what became of a send before it.
std::string verb_of(const std::error_code& why) {
  const bool of_a_send = why == std::errc::host_unreachable || why == std::errc::network_unreachable;
  return of_a_send ? "send to" : "receive from";
}

}  // namespace

task<> datagram_conversation::run() {
  context& here = co_await this_context();
  scope both{here};
  both.start(hear());
  both.start(speak());
  co_await both.join();
  check_for_refusal();
}

task<> datagram_conversation::hear() {
  while (!stopped_) {
    const std::optional<datagram> received = co_await next();
    if (!received) break;
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
  std::optional<datagram> received;
  std::exception_ptr failure;
  try {
    received = co_await receive().in(hearing);
  } catch (const error& why) {  // that nobody is there is told, also where it comes as we stop
    const bool given_up = stopped_ && !here.stopped() && why.code() == std::errc::operation_canceled;
    if (!given_up) failure = std::current_exception();
  }
  hearing_ = nullptr;
  if (failure) std::rethrow_exception(failure);
  co_return received;
}

task<datagram> datagram_conversation::receive() {
  try {
    co_return co_await over_.receive();
  } catch (const error& failure) {
    throw error{failure.code(), verb_of(failure.code()), peer_};
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
  try {
    co_await over_.send(text, over_.peer());
  } catch (const error& failure) {
    throw error{failure.code(), "send to", peer_};
  }
  sent_ += text.size();
  ++count_;
}

void datagram_conversation::say_that_it_listens() const {
  const std::string_view why = until_.first_answer_ends ? " for an answer" : ", since datagrams have no end";
  if (until_.after_input == no_timeout)
    notice("listening on");
  else
    notice(fmt::format("listening {} more{}", in_words(until_.after_input), why));
}

/// What came back after the last receive.
void datagram_conversation::check_for_refusal() const {
  int failure = 0;
  socklen_t size = sizeof failure;
  if (::getsockopt(over_.native().number(), SOL_SOCKET, SO_ERROR, &failure, &size) == 0)
    throw_if_failed(failure, verb_of(system_code(failure)), peer_);
}

std::string_view datagram_conversation::waits_for() const noexcept {
  return all_sent_ ? "wait for an answer of" : "wait for input to send to";
}

}  // namespace ahoy::inline v0
