#include <ahoy/error/error.hpp>
#include <ahoy/server/backoff.hpp>
#include <ahoy/server/own_workers.hpp>
#include <ahoy/server/worker.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <functional>
#include <span>

namespace ahoy::inline v0 {

namespace {

/// How many engines are kept for threads to come, of which each may hold a block of memory.
constexpr std::size_t most_spare_engines = 64;

/// A fork copies them, too.
constexpr std::size_t most_spare_bells = 16;

/// What it receives into is there before it runs: in a copy of this process nothing large is allocated, which
/// would have malloc tidy up, and so copy, page after page (malloc_consolidate).
void furnish(blocking_engine& with_block) {
  buffer_pool& pool = with_block.buffers();
  pool.give_back(pool.take().data());
}

struct nothing final : handler {
  task<> serve(connection&) override { co_return; }
};

/// One caller is served here, who says nothing: what malloc needs of the sizes that serving one takes is then
/// in its cache, and a copy of this process finds it there.
void rehearse(blocking_engine& on) {
  nothing how;
  const auto [wire, end] = open_wire();
  const fd told = open_bell();
  order what;
  what.lent = end.get();
  static_cast<void>(work_once(on, std::move(what), told.get(), wire.get(), how, handler_is::own));
}

}  // namespace

/// What one worker is told by: a new one, or one that nobody has rung.
class own_workers::kept_bell {
 public:
  explicit kept_bell(own_workers& in)
      : in_{in}, bell_{in.bells_.empty() ? open_bell() : std::move(in.bells_.back())} {
    if (!in.bells_.empty()) in.bells_.pop_back();
    ++in.bells_in_use_;
  }
  kept_bell(const kept_bell&) = delete;
  kept_bell& operator=(const kept_bell&) = delete;
  /// The worker has ended, or hears it no more. When nobody is here, nothing is kept.
  ~kept_bell() {
    if (!is_rung_ && in_.bells_.size() < most_spare_bells) in_.bells_.push_back(std::move(bell_));
    if (--in_.bells_in_use_ == 0) in_.bells_.clear();
  }
  [[nodiscard]] int number() const noexcept { return bell_.get(); }
  void ring(order_kind what) noexcept {
    is_rung_ = true;
    ahoy::ring(bell_.get(), what);
  }

 private:
  own_workers& in_;
  fd bell_;
  bool is_rung_ = false;
};

class own_workers::by_thread final : public assignment {
 public:
  by_thread(own_workers& in, order what)
      : in_{in}, number_{what.job}, over_{in.by_}, bell_{in}, by_{in.spare_engine()} {
    auto given = std::make_shared<order>(std::move(what));
    std::function<void()> live = [given, &by = *by_, bell = bell_.number(), reports = in.wire_.second.get(),
                                  &how = in.how_, tls = in.tls_] {
      const std::uint64_t number = given->job;
      const std::string why = work_once(by, std::move(*given), bell, reports, how, handler_is::shared, tls);
      report_end(reports, report_kind::done, number, why);
    };
    in_.threads_.emplace(number_, this);  // before it runs: a thread that does cannot be taken back
    try {
      who_ = start_thread(std::move(live));
    } catch (...) {
      in_.threads_.erase(number_);
      throw;
    }
  }
  /// One who has not ended, since memory ran out for who awaits it, must let go of the caller first.
  ~by_thread() override {
    in_.threads_.erase(number_);
    in_.sweep();
    if (is_over_)
      in_.leave(std::move(by_), std::move(who_));
    else
      kill();
  }

  task<> wait() override {
    while (!is_over_) co_await over_.wait();
  }
  outcome how_it_ended() override { return {outcome::kind::served, std::move(why_)}; }
  task<> tell(order_kind what) override {
    bell_.ring(what);
    co_return;
  }
  /// A cut is all that can be done.
  void kill() noexcept override { bell_.ring(order_kind::cut); }

  void end(std::string why) {
    why_ = std::move(why);
    is_over_ = true;
    over_.notify();
  }

 private:
  own_workers& in_;
  std::uint64_t number_;
  event over_;
  kept_bell bell_;
  std::unique_ptr<blocking_engine> by_;
  std::unique_ptr<worker> who_;
  bool is_over_ = false;
  std::string why_;
};

class own_workers::by_process final : public assignment {
 public:
  by_process(own_workers& in, const start_of_process& as, order what)
      : in_{in}, number_{what.job}, bell_{in} {
    std::array own{bell_.number(), in.wire_.second.get(), what.lent, what.second.get()};
    std::ranges::sort(own);
    const std::span<const int> open{std::ranges::upper_bound(own, -1), own.end()};
    const auto live = [this, &what] { serve(std::move(what)); };
    in_.processes_.emplace(number_, this);
    try {
      who_ = start_process(in.by_, as, open, std::ref(live));
    } catch (...) {
      in_.processes_.erase(number_);
      throw;
    }
  }
  ~by_process() override { in_.processes_.erase(number_); }

  task<> wait() override {
    const std::string killed = co_await who_->reap();
    in_.hear_what_is_there();
    if (!killed.empty()) why_ = killed;
  }
  outcome how_it_ended() override { return {outcome::kind::served, std::move(why_)}; }
  task<> tell(order_kind what) override {
    bell_.ring(what);
    co_return;
  }
  void kill() noexcept override { who_->kill(); }
  void end(std::string why) { why_ = std::move(why); }

 private:
  /// In the process.
  void serve(order what) {
    const int reports = in_.wire_.second.get();
    const std::string why = work_once(in_.engine_of_processes_, std::move(what), bell_.number(), reports,
                                      in_.how_, handler_is::own, in_.tls_);
    if (why != "done" || in_.has_to_be_told_) report_end(reports, report_kind::done, number_, why);
  }

  own_workers& in_;
  std::uint64_t number_;
  kept_bell bell_;
  std::unique_ptr<worker> who_;
  std::string why_{in_.has_to_be_told_ ? "its worker has ended" : "done"};  // where it says nothing
};

own_workers::own_workers(engine& by, handler& how, const security* tls)
    : by_{by},
      how_{how},
      tls_{tls},
      reports_{by, std::move(wire_.first)},
      has_to_be_told_{children_vanish()} {
  furnish(engine_of_processes_);
  rehearse(engine_of_processes_);
  bells_.reserve(most_spare_bells);
}

std::shared_ptr<assignment> own_workers::engage_thread(order what) {
  hear();
  return std::make_shared<by_thread>(*this, std::move(what));
}

std::shared_ptr<assignment> own_workers::engage_process(const start_of_process& as, order what) {
  hear();
  return std::make_shared<by_process>(*this, as, std::move(what));
}

void own_workers::hear() {
  if (hearing_.size() == 0) hearing_.start(hear_reports());
}

/// The wire cannot end, since we have both ends; where it cannot be read or waited for, for want of memory,
/// that may pass.
task<> own_workers::hear_reports() {
  for (;;) {
    bool is_heard = false;
    try {
      std::optional<report> next = co_await receive_report(reports_);
      is_heard = next.has_value();
      if (next) heed(std::move(*next));
    } catch (const std::system_error& failure) {
      if (failure.code() == std::errc::operation_canceled) throw;
    } catch (const std::bad_alloc&) {
      is_heard = false;
    }
    if (!is_heard) co_await backoff{by_};
  }
}

void own_workers::hear_what_is_there() {
  for (report& each : reports_there(reports_)) heed(std::move(each));
}

void own_workers::heed_of(auto& job, report&& said) {
  if (said.what != report_kind::agreed)
    job.end(std::move(said.text));
  else if (job.agreed)
    job.agreed(said.text);
}

void own_workers::heed(report&& said) {
  if (said.what == report_kind::logged) return log(said.level, said.text);
  const auto thread = threads_.find(said.job);
  if (thread != threads_.end()) return heed_of(*thread->second, std::move(said));
  const auto process = processes_.find(said.job);
  if (process != processes_.end()) heed_of(*process->second, std::move(said));
}

/// Threads are joined when that waits for nothing: a loop that is told of a thread's end is ahead of it.
void own_workers::sweep() {
  for (leaving& each : leaving_)
    if (each.who->has_ended() && engines_.size() < most_spare_engines) engines_.push_back(std::move(each.by));
  std::erase_if(leaving_, [](const leaving& each) { return each.who->has_ended(); });
}

std::unique_ptr<blocking_engine> own_workers::spare_engine() {
  sweep();
  if (!engines_.empty()) {
    auto spare = std::move(engines_.back());
    engines_.pop_back();
    return spare;
  }
  auto made = std::make_unique<blocking_engine>();
  furnish(*made);
  return made;
}

/// Joined at once where memory is short.
void own_workers::leave(std::unique_ptr<blocking_engine> by, std::unique_ptr<worker> who) noexcept {
  try {
    leaving_.push_back({std::move(by), std::move(who)});
  } catch (const std::bad_alloc&) {
    who.reset();
  }
}

task<> own_workers::close() {
  hearing_.stop();
  try {
    co_await hearing_.join();
  } catch (const std::bad_alloc&) {
    // as it ended, which it should
  }
  hear_what_is_there();
  leaving_.clear();
}

}  // namespace ahoy::inline v0
