#include <ahoy/command/progress_bar.hpp>
#include <ahoy/command/termination.hpp>
#include <ahoy/error/error.hpp>
#include <ahoy/internet/advice.hpp>
#include <ahoy/internet/run.hpp>
#include <ahoy/task/scope.hpp>

#include <cerrno>

namespace ahoy::inline v0 {

namespace {

/// What is over sooner needs no bar.
constexpr duration time_before_bar = std::chrono::seconds{1};

class awaited_run {
 public:
  awaited_run(engine& by, const awaited_work& work) : by_{by}, work_{work}, signals_{by} {}

  task<> run() {
    context& here = co_await this_context();
    context timed{here, deadline_after(by_.now(), work_.timeout)};
    try {
      co_await when_any(tasks(work_.run(), wait_for_signal(), show_progress())).in(timed);
    } catch (const error& why) {
      const bool is_late = why.code() == std::errc::timed_out && by_.now() >= timed.deadline();
      if (is_late && !work_.label.empty()) throw out_of_time();
      throw advised(why, work_.to, work_.has_login);
    }
  }
  [[nodiscard]] std::optional<int> signal() const noexcept { return signal_; }

 private:
  task<> wait_for_signal() {
    const int came = co_await signals_.next();
    signal_ = came;
  }
  task<> show_progress() {
    co_await by_.sleep(work_.share ? time_before_bar : no_timeout);
    progress_bar bar{by_, work_.label, work_.share};
    co_await bar.show_during(for_ever());
  }
  /// Whatever it was that waited just then.
  [[nodiscard]] error out_of_time() const { return {system_code(ETIMEDOUT), work_.verb, work_.label}; }
  task<> for_ever() { co_await by_.sleep(no_timeout); }

  engine& by_;
  const awaited_work& work_;
  termination signals_;
  std::optional<int> signal_;
};

}  // namespace

std::optional<int> run_until_signal(engine& by, const awaited_work& work) {
  awaited_run one{by, work};
  by.run(one.run());
  return one.signal();
}

}  // namespace ahoy::inline v0
