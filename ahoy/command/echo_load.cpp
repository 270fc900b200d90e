#include <ahoy/command/destination.hpp>
#include <ahoy/command/echo_load.hpp>
#include <ahoy/task/scope.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <limits>
#include <utility>

namespace ahoy::inline v0 {
namespace {

/// What is under way when the time is over may still come back, so that no connection has to be reset.
constexpr duration grace = std::chrono::seconds{1};
constexpr std::uint64_t without_end = std::numeric_limits<std::uint64_t>::max();

error nothing_came(std::string from) {
  return {std::make_error_code(std::errc::timed_out), "receive from", std::move(from),
          "nothing came back in the time of --duration"};
}

}  // namespace

/// One connection: what is sent, and what comes back of it. Both go on at once, since a server may send back
/// before it has read all.
class echo_load::talk {
 public:
  talk(const echo_pattern& pattern, const bench_options& plan, std::unique_ptr<connection> with,
       std::size_t number, std::uint64_t share, const time_point& due)
      : pattern_{pattern},
        plan_{plan},
        with_{std::move(with)},
        answered_event_{with_->engine()},
        share_{share},
        due_{due},
        position_sent_{number * 7919},  // any prime: no two neighbours are at the same place
        position_back_{position_sent_} {}

  /// To the end of its share; `times` gets what each exchange took.
  task<> run(latencies& times) {
    times_ = &times;
    co_await when_all(tasks(send(), receive()));
  }
  void close() noexcept {
    end_in_words();
    with_.reset();
  }
  /// Over TLS the server would miss it.
  void end_in_words() noexcept {
    if (&with_->wire() != with_.get()) with_->shutdown_send();
  }
  /// Before the time was over.
  [[nodiscard]] bool was_answered() const noexcept { return was_answered_; }
  [[nodiscard]] std::string label() const { return with_->label(); }

 private:
  task<> send() {
    for (;;) {
      while (under_way_.size() >= plan_.depth) co_await answered_event_.wait();
      if (begun_ == share_) co_return;
      const time_point now = clock::now();
      if (due_ <= now) break;
      const std::uint64_t more = std::min<std::uint64_t>(share_ - begun_, plan_.depth - under_way_.size());
      begun_ += more;
      under_way_.insert(under_way_.end(), more, now);
      co_await send_bytes(more * plan_.size);
    }
    with_->shutdown_send();  // the answer to which is the end
    is_cut_ = true;
  }

  task<> send_bytes(std::uint64_t left) {
    while (left > 0) {
      const std::string_view piece =
          pattern_.at(position_sent_, std::min<std::uint64_t>(left, echo_pattern::longest_piece));
      position_sent_ += piece.size();
      left -= piece.size();
      co_await with_->send(piece);
    }
  }

  task<> receive() {
    while (answered_ < share_) {
      const bytes got = co_await with_->receive();
      if (got.empty() && is_cut_ && under_way_.empty()) co_return;
      if (got.empty())
        throw error{errc::cut_short, "receive from", label(), "it ended before it had sent all back"};
      compare(got);
      take(got.size());
    }
  }

  void compare(std::string_view got) {
    if (got.size() > position_sent_ - position_back_) refuse("more came back than was sent");
    while (!got.empty()) {
      const std::string_view expected = pattern_.at(position_back_, got.size());
      if (got.substr(0, expected.size()) != expected) refuse("what came back is not what was sent");
      position_back_ += expected.size();
      got.remove_prefix(expected.size());
    }
  }

  [[noreturn]] void refuse(std::string_view how) const {
    throw error{
        errc::protocol_broken, "compare echo of", label(),
        fmt::format("{}: bench takes a server that echoes, as `ahoy listen --handler echo` does", how)};
  }

  void take(std::size_t size) {
    const time_point now =
        clock::now();  // the engine's is that of its turn, in which others were served, too
    unfinished_ += size;
    for (; unfinished_ >= plan_.size; unfinished_ -= plan_.size) {
      if (now < due_) times_->add(now - under_way_.front());
      was_answered_ = was_answered_ || now < due_;
      under_way_.pop_front();
      ++answered_;
    }
    answered_event_.notify();
  }

  const echo_pattern& pattern_;
  const bench_options& plan_;
  std::unique_ptr<connection> with_;
  event answered_event_;
  latencies* times_ = nullptr;
  std::deque<time_point> under_way_;  // when each was begun, the oldest first
  std::uint64_t share_;
  const time_point& due_;
  bool was_answered_ = false;
  bool is_cut_ = false;  // by time, so that its share is not to be reached
  std::uint64_t begun_ = 0;
  std::uint64_t answered_ = 0;
  std::uint64_t position_sent_;  // of the next byte, in the pattern
  std::uint64_t position_back_;
  std::size_t unfinished_ = 0;  // bytes of the exchange that is coming back
};

echo_load::echo_load(engine& by, const bench_options& plan) : by_{by}, plan_{plan} {
  if (plan.form != bench_form::models && plan.to.transport() == transport::tls)
    believed_.emplace(plan.to, plan.tls);
}

task<std::unique_ptr<connection>> echo_load::call() const {
  return believed_ ? open_secure_stream(by_, plan_.to, plan_, *believed_) : open_stream(by_, plan_.to, plan_);
}

echo_load::~echo_load() = default;

task<> echo_load::run() {
  context& here = co_await this_context();
  whole_ = &here;
  if (plan_.form == bench_form::exchange) {
    scope opening{here};
    std::vector<task<>> all;
    all.reserve(plan_.connections);
    for (std::size_t number = 0; number < plan_.connections; ++number) all.push_back(open(number));
    opening.start_all(std::move(all));
    co_await opening.join();
  }
  begun_ = clock::now();
  due_ = deadline_after(begun_, plan_.length);
  context timed{here, deadline_after(due_, is_of_datagrams() ? no_timeout : grace)};  // those end themselves
  if (plan_.form == bench_form::exchange)
    co_await run_exchanges(timed);
  else
    co_await run_connections(timed);
  result_.took = std::min(clock::now(), due_) - begun_;
}

task<> echo_load::run_exchanges(context& timed) {
  scope talking{timed};
  std::vector<task<>> all;
  all.reserve(talks_.size() + datagrams_.size());
  for (const auto& each : talks_) all.push_back(exchange(*each));
  for (const auto& each : datagrams_) all.push_back(exchange_datagrams(*each));
  talking.start_all(std::move(all));
  co_await talking.join();
}

task<> echo_load::run_connections(context& timed) {
  scope connecting{timed};
  std::vector<task<>> all;
  all.reserve(plan_.connections);
  for (std::size_t number = 0; number < plan_.connections; ++number) all.push_back(connect_and_close(number));
  connecting.start_all(std::move(all));
  co_await connecting.join();
}

task<> echo_load::open(std::size_t number) {
  const std::uint64_t share = share_of(number);
  if (share == 0) co_return;
  try {
    co_await open_one(number, share);
  } catch (const error& why) {
    note(why, false);
  }
}

task<> echo_load::open_one(std::size_t number, std::uint64_t share) {
  if (is_of_datagrams()) {
    datagram_route over = co_await open_datagrams(by_, plan_.to, plan_);
    datagrams_.push_back(
        std::make_unique<datagram_exchange>(by_, pattern_, plan_, std::move(over), number, share, due_));
  } else {
    std::unique_ptr<connection> with = co_await call();
    talks_.push_back(std::make_unique<talk>(pattern_, plan_, std::move(with), number, share, due_));
  }
}

/// A server that takes one caller at a time goes on to the next when this one is done.
task<> echo_load::exchange(talk& with) {
  try {
    co_await with.run(result_.times);
    if (!with.was_answered()) throw nothing_came(with.label());
  } catch (const error& why) {
    note(why, with.was_answered());
  }
  with.close();
}

task<> echo_load::exchange_datagrams(datagram_exchange& with) {
  try {
    co_await with.run(result_);
  } catch (const error& why) {
    note(why, false);
  }
}

task<> echo_load::connect_and_close(std::size_t number) {
  const std::uint64_t share = share_of(number);
  std::uint64_t done = 0;
  try {
    for (; done < share && !is_over(); ++done) {
      const time_point begun = clock::now();
      co_await connect_once(number);
      const time_point now = clock::now();
      if (due_ <= now) break;
      result_.times.add(now - begun);
    }
    if (done == 0 && share != 0) throw nothing_came(plan_.to.to_string());
  } catch (const error& why) {
    note(why, done > 0);
  }
}

task<> echo_load::connect_once(std::size_t number) {
  std::unique_ptr<connection> with = co_await call();
  talk once{pattern_, plan_, std::move(with), number, 1, due_};
  co_await once.run(unused_);
  once.close();
}

std::uint64_t echo_load::share_of(std::size_t number) const noexcept {
  if (plan_.count == 0) return without_end;
  return plan_.count / plan_.connections + (number < plan_.count % plan_.connections ? 1 : 0);
}

bool echo_load::is_of_datagrams() const noexcept { return plan_.to.type() == socket_type::datagram; }

bool echo_load::is_over() const noexcept { return due_ <= clock::now(); }

/// That the time is over ends what was answered before; the whole run's deadline, or a stop, is our caller's.
void echo_load::note(const error& why, bool was_answered) {
  const bool is_stopped = whole_->stopped() || whole_->deadline() <= clock::now();
  if (is_stopped) throw error{why};
  const bool is_by_time = why.code() == std::errc::timed_out && is_over();
  if (is_by_time && was_answered) return;
  result_.fail(is_by_time ? nothing_came(why.address()) : why);
}

double echo_load::progress() const noexcept {
  if (begun_ == time_point{}) return 0;
  const double length = std::chrono::duration<double>(plan_.length).count();
  const double by_time = std::chrono::duration<double>(clock::now() - begun_).count() / length;
  const double by_count =
      plan_.count == 0 ? 0 : static_cast<double>(result_.times.count()) / static_cast<double>(plan_.count);
  return std::min(1.0, std::max(by_time, by_count));
}

}  // namespace ahoy::inline v0
