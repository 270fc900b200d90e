#include <ahoy/command/datagram_exchange.hpp>

#include <algorithm>
#include <array>

namespace ahoy::inline v0 {
namespace {

/// Longer than any answer takes; nothing tells a datagram that was lost from one that is late.
constexpr duration patience = std::chrono::seconds{1};

using number_bytes = std::array<char, datagram_exchange::shortest>;

number_bytes bytes_of(std::uint64_t number) noexcept {
  number_bytes result{};
  for (char& each : result) {
    each = static_cast<char>(number & 0xff);
    number >>= 8;
  }
  return result;
}

std::uint64_t number_in(std::string_view text) noexcept {
  std::uint64_t number = 0;
  for (std::size_t at = datagram_exchange::shortest; at-- > 0;)
    number = number << 8 | static_cast<unsigned char>(text[at]);
  return number;
}

}  // namespace

task<> datagram_exchange::run(load_result& result) {
  context& here = co_await this_context();
  scope both{here};
  result_ = &result;
  both_ = &both;
  both.start_all(hear(), speak());
  co_await both.join();
}

task<> datagram_exchange::speak() {
  for (;;) {
    co_await fill();
    if (under_way_.empty()) break;
    const duration left = under_way_.front().begun + patience - clock::now();
    if (left > duration::zero()) co_await answered_event_.wait(left);
    settle();
  }
  both_->stop();
}

task<> datagram_exchange::fill() {
  while (settled_ + under_way_.size() < share_ && waiting_ < plan_.depth) {
    const time_point now = clock::now();
    if (due_ <= now) co_return;
    compose(sent_, settled_ + under_way_.size());
    under_way_.push_back({now});
    ++waiting_;
    co_await send();
  }
}

task<> datagram_exchange::send() {
  try {
    co_await over_.socket().send(sent_, over_.socket().peer());
  } catch (const error& why) {
    throw error{why.code(), "send to", plan_.to.to_string(), over_.in_words()};
  }
}

task<> datagram_exchange::hear() {
  for (;;) {
    const datagram got = co_await receive();
    take(got.data);
  }
}

task<datagram> datagram_exchange::receive() {
  try {
    co_return co_await over_.socket().receive();
  } catch (const error& why) {
    throw error{why.code(), "receive from", plan_.to.to_string(), over_.in_words()};
  }
}

/// One that comes twice, or after it was given up, is none of ours to count.
void datagram_exchange::take(std::string_view answer) {
  if (answer.size() != plan_.size) refuse();
  const std::uint64_t number = number_in(answer);
  if (number >= settled_ + under_way_.size()) refuse();
  compose(expected_, number);
  if (answer != expected_) refuse();
  if (number < settled_ || under_way_[number - settled_].is_answered) return;
  question& of = under_way_[number - settled_];
  const time_point now = clock::now();
  if (now < due_) result_->times.add(now - of.begun);
  of.is_answered = true;
  --waiting_;
  settle();
  answered_event_.notify();
}

void datagram_exchange::settle() {
  const time_point late = clock::now() - patience;
  for (; !under_way_.empty(); under_way_.pop_front(), ++settled_) {
    const question& oldest = under_way_.front();
    if (oldest.is_answered) continue;
    if (late < oldest.begun) return;
    --waiting_;
    result_->fail({std::make_error_code(std::errc::timed_out), "receive from", plan_.to.to_string(),
                   "a datagram did not come back within a second"});
  }
}

/// The number, then what the pattern has from there on.
void datagram_exchange::compose(std::string& text, std::uint64_t number) const {
  text = pattern_.at(origin_ + number * plan_.size, plan_.size);
  std::ranges::copy(bytes_of(number), text.begin());
}

void datagram_exchange::refuse() const {
  throw error{errc::protocol_broken, "compare echo of", plan_.to.to_string(),
              "what came back is not what was sent: bench takes a server that echoes, as `ahoy listen "
              "--handler echo` does"};
}

}  // namespace ahoy::inline v0
