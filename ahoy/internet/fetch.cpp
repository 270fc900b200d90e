#include <ahoy/command/progress_bar.hpp>
#include <ahoy/command/signals.hpp>
#include <ahoy/command/termination.hpp>
#include <ahoy/engine/select.hpp>
#include <ahoy/error/escape.hpp>
#include <ahoy/internet/access.hpp>
#include <ahoy/internet/fetch_job.hpp>
#include <ahoy/internet/protocols.hpp>
#include <ahoy/task/scope.hpp>

#include <array>
#include <optional>

namespace ahoy::inline v0 {

namespace {

/// What is over sooner needs no bar.
constexpr duration time_before_bar = std::chrono::seconds{1};

struct fetcher {
  ahoy::scheme scheme;
  task<> (*fetch)(fetch_job&);
};
constexpr std::array fetchers{
    fetcher{scheme::http, fetch_http},
    fetcher{scheme::https, fetch_http},
};

const fetcher& fetcher_of(scheme which) {
  for (const fetcher& each : fetchers)
    if (each.scheme == which) return each;
  throw error{std::make_error_code(std::errc::protocol_not_supported), "fetch by", to_string(which)};
}

/// Until a signal ends it.
class fetch_run {
 public:
  fetch_run(engine& by, const fetch_options& given)
      : by_{by}, given_{given}, job_{by, given, access_to(given)}, signals_{by} {}

  task<> run() {
    context& here = co_await this_context();
    context timed{here, deadline_after(by_.now(), given_.timeout)};
    co_await when_any(tasks(work(), wait_for_signal(), show_progress())).in(timed);
  }
  [[nodiscard]] std::optional<int> signal() const noexcept { return signal_; }

 private:
  task<> work() {
    co_await fetcher_of(given_.to.scheme).fetch(job_);
    co_await job_.to.finish();
  }
  task<> wait_for_signal() {
    const int came = co_await signals_.next();
    signal_ = came;
  }
  task<> show_progress() {
    co_await by_.sleep(time_before_bar);
    progress_bar bar{by_, escape(given_.to.to_string()), [this] { return share(); }};
    co_await bar.show_during(for_ever());
  }
  task<> for_ever() { co_await by_.sleep(no_timeout); }
  [[nodiscard]] double share() const {
    const auto done = static_cast<double>(job_.to.there() + job_.to.written());
    return job_.total == 0 ? 0 : done / static_cast<double>(job_.total);
  }

  engine& by_;
  const fetch_options& given_;
  fetch_job job_;
  termination signals_;
  std::optional<int> signal_;
};

}  // namespace

int fetch(const fetch_options& given) {
  const std::unique_ptr<engine> by = make_engine();
  std::optional<int> signal;
  {
    fetch_run one{*by, given};
    by->run(one.run());
    signal = one.signal();
  }
  if (signal) end_by_signal(*signal);
  return 0;
}

int upload(const upload_options& given) {
  throw error{std::make_error_code(std::errc::protocol_not_supported), "send by", to_string(given.to.scheme)};
}

int telnet(const telnet_options& given) {
  throw error{std::make_error_code(std::errc::protocol_not_supported), "call by", to_string(given.to.scheme)};
}

}  // namespace ahoy::inline v0
