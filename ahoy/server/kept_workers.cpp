#include <ahoy/error/error.hpp>
#include <ahoy/server/backoff.hpp>
#include <ahoy/server/kept_workers.hpp>
#include <ahoy/server/no_memory.hpp>

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <new>
#include <unordered_map>
#include <utility>

namespace ahoy::inline v0 {

namespace {

/// One that is not wanted any more has this long before it is killed.
constexpr duration grace = std::chrono::seconds{1};

/// How many workers may die, one after the other, before one has taken a caller.
constexpr int most_tries = 3;

void tell_of_idle(std::string_view why) noexcept {
  try {
    log(log_level::error, "a worker that served nobody: " + std::string{why});
  } catch (const std::bad_alloc&) {
    // It is not missed: another takes its place.
  }
}

}  // namespace

struct kept_workers::member {
  member(engine& by, fd own_end) : wire{by, std::move(own_end)}, told{by} {}
  descriptor wire;
  std::unique_ptr<worker> who;
  event told;                  // the next order may be handed over
  bool is_being_told = false;  // an order is on its way
  bool is_leaving = false;     // nobody is entrusted to it any more
  bool left_unread = false;    // it has died, and had not read its latest orders
  std::size_t engaged = 0;
  std::unordered_map<std::uint64_t, duty*> jobs;
};

/// A caller that is entrusted to a worker. What the order lends and gives stays here until it has ended, for
/// the next worker.
class kept_workers::duty final : public assignment {
 public:
  duty(kept_workers& in, order what) : in_{in}, what_{std::move(what)}, changed_{in.by_} { entrust(); }
  ~duty() override { leave(); }

  task<> begin() override {
    if (by_->is_leaving) co_return end(outcome::kind::not_taken, "its worker has ended");
    by_->jobs.emplace(what_.job, this);
    std::exception_ptr untold;
    try {
      co_await in_.tell(*by_, what_);
    } catch (const error& failure) {  // by a broken pipe one who has died, which is about to be known
      was_sent_ = failure.code() != std::errc::broken_pipe;
      if (was_sent_) untold = std::current_exception();
    }
    if (!untold) co_return;
    is_over_ = true;
    what_.second.reset();
    leave();  // the worker knows nothing of the job
    std::rethrow_exception(untold);
  }

  task<> wait() override {
    while (!is_over_) co_await changed_.wait();
  }

  outcome how_it_ended() override {
    if (how_.what != outcome::kind::not_taken) what_.second.reset();  // so that its other end ends
    return std::move(how_);
  }

  task<> tell(order_kind what) override {
    order next;
    next.what = what;
    next.job = what_.job;
    next.patience = what_.patience;
    was_told_more_ = true;
    const std::shared_ptr<member> whom = by_;
    try {
      if (whom && !is_over_) co_await in_.tell(*whom, next);
    } catch (const error& failure) {
      if (failure.code() == std::errc::operation_canceled) throw;
    }
  }

  void kill() noexcept override {
    if (by_) by_->who->kill();  // else no worker has it: the order, or who was to get it, has failed
  }

  bool pass_on() override {
    leave();
    fd given = std::move(what_.second);  // so that its other end ends, where there is no next one
    if (tries_ == most_tries) return false;
    entrust();
    what_.second = std::move(given);
    return true;
  }

  void end(outcome::kind how, std::string why) {
    how_ = {how, std::move(why)};
    is_over_ = true;
    changed_.notify();
  }
  /// With its worker. What the system says of orders that were not read is of the last ones.
  void end_with_worker(bool left_unread, std::string why) {
    const bool was_taken = was_sent_ && (!left_unread || was_told_more_);
    end(was_taken ? outcome::kind::served : outcome::kind::not_taken, std::move(why));
  }

 private:
  void entrust() {
    by_ = in_.choose();
    ++by_->engaged;
    ++tries_;
    is_over_ = was_told_more_ = false;
    was_sent_ = true;
  }

  void leave() noexcept {
    if (!by_) return;
    by_->jobs.erase(what_.job);
    --by_->engaged;
    dismiss_if_idle(*by_);
    by_.reset();
  }

  kept_workers& in_;
  order what_;
  std::shared_ptr<member> by_;
  event changed_;
  outcome how_;
  int tries_ = 0;
  bool is_over_ = false;
  bool was_sent_ = true;        // where it was tried
  bool was_told_more_ = false;  // than to begin
};

kept_workers::kept_workers(engine& by, std::size_t count, bool serve_many, starter start)
    : by_{by}, count_{count}, serve_many_{serve_many}, start_{std::move(start)}, changed_{by} {}

void kept_workers::start() {
  while (members_.size() < count_) static_cast<void>(hire());
}

std::unique_ptr<assignment> kept_workers::engage(order what) {
  return std::make_unique<duty>(*this, std::move(what));
}

/// A worker is started last: one whom nobody attends would never be let go. That its wire ends is what a
/// thread waits for.
std::shared_ptr<kept_workers::member> kept_workers::hire() {
  auto [ours, theirs] = open_wire();
  auto hired = std::make_shared<member>(by_, std::move(ours));
  members_.reserve(members_.size() + 1);
  task<> attendant = attend(hired);
  hired->who = start_(std::move(theirs));
  members_.push_back(hired);
  attendants_.start(std::move(attendant));
  return hired;
}

std::shared_ptr<kept_workers::member> kept_workers::choose() {
  std::shared_ptr<member> chosen;
  for (const auto& each : members_)
    if (!each->is_leaving && (!chosen || each->engaged < chosen->engaged)) chosen = each;
  const bool may_have_more = serve_many_ && members_.size() >= count_;
  if (!chosen || (chosen->engaged > 0 && !may_have_more)) chosen = hire();
  return chosen;
}

/// One that is not leaving stays.
void kept_workers::dismiss_if_idle(member& leaving) {
  if (leaving.is_leaving && leaving.engaged == 0) ::shutdown(leaving.wire.number(), SHUT_WR);
}

void kept_workers::renew() {
  for (const auto& each : members_) {
    each->is_leaving = true;
    dismiss_if_idle(*each);
  }
}

task<> kept_workers::attend(std::shared_ptr<member> to) {
  bool is_over = false;
  while (!is_over) {
    bool is_short = false;
    try {
      std::optional<report> next = co_await receive_report(to->wire);
      is_over = !next;
      if (next) heed(*to, std::move(*next));
    } catch (const std::bad_alloc&) {
      is_short = true;
    }
    if (is_short) co_await backoff{by_};
  }
  std::optional<std::string> why;
  while (!why) {  // whoever is not buried would be waited for
    try {
      why = co_await to->who->reap();
    } catch (const std::bad_alloc&) {
      why.reset();
    }
    if (!why) co_await backoff{by_};
  }
  bury(to, why->empty() ? "its worker has ended" : std::string_view{*why});
}

void kept_workers::heed(member& of, report&& said) {
  if (said.what == report_kind::unread) of.left_unread = true;
  if (said.what == report_kind::logged) log(said.level, said.text);
  const auto found = of.jobs.find(said.job);
  if (found == of.jobs.end()) return;
  duty& job = *found->second;
  if (said.what != report_kind::agreed)
    job.end(said.what == report_kind::refused ? outcome::kind::refused : outcome::kind::served,
            std::move(said.text));
  else if (job.agreed)
    job.agreed(said.text);
}

void kept_workers::bury(const std::shared_ptr<member>& gone, std::string_view why) noexcept {
  if (!gone->is_leaving && gone->jobs.empty()) tell_of_idle(why);
  gone->is_leaving = true;
  for (auto& [number, job] : gone->jobs) job->end_with_worker(gone->left_unread, unless_no_memory(why));
  std::erase(members_, gone);
  changed_.notify();
}

/// One order after the other, each whole.
task<> kept_workers::tell(member& whom, const order& what) {
  while (whom.is_being_told) co_await whom.told.wait();
  whom.is_being_told = true;
  std::exception_ptr failure;
  try {
    co_await send_order(whom.wire, what);
  } catch (...) {
    failure = std::current_exception();
  }
  whom.is_being_told = false;
  whom.told.notify();
  if (failure) std::rethrow_exception(failure);
}

task<> kept_workers::close() {
  for (const auto& each : members_) {
    each->is_leaving = true;
    ::shutdown(each->wire.number(), SHUT_WR);
  }
  try {
    const time_point due = deadline_after(by_.now(), grace);
    while (!members_.empty() && by_.now() < due) co_await changed_.wait(due - by_.now());
  } catch (const std::bad_alloc&) {
    // They have no time to end by themselves; but nobody may be left.
  }
  for (const auto& each : members_) each->who->kill();
  while (!members_.empty()) co_await changed_.wait();
  co_await attendants_.join();
}

}  // namespace ahoy::inline v0
