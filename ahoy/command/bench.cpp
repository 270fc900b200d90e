#include <ahoy/command/bench_report.hpp>
#include <ahoy/command/echo_load.hpp>
#include <ahoy/command/measured_server.hpp>
#include <ahoy/command/progress_bar.hpp>
#include <ahoy/command/standard_streams.hpp>
#include <ahoy/command/status.hpp>
#include <ahoy/command/value_text.hpp>
#include <ahoy/command/verbs.hpp>
#include <ahoy/engine/select.hpp>
#include <ahoy/socket/fd.hpp>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <optional>
#include <utility>

namespace ahoy::inline v0 {
namespace {

/// A drawing's file, opened before anything is measured: what cannot be written is said before the wait.
class drawing {
 public:
  explicit drawing(const std::string& name) : name_{name} {
    if (name.empty()) return;
    file_ = fd{::open(name.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666)};
    if (!file_) fail();
  }

  void write(std::string_view text) const {
    while (file_ && !text.empty()) {
      const ssize_t written = ::write(file_.get(), text.data(), text.size());
      if (written < 0 && errno != EINTR) fail();
      if (written > 0) text.remove_prefix(static_cast<std::size_t>(written));
    }
  }

 private:
  [[noreturn]] void fail() const { throw error{system_code(errno), "draw", name_}; }
  std::string name_;
  fd file_;
};

/// What is measured, and what went wrong first; told at the end, whatever that is.
class measuring {
 public:
  measuring(engine& by, const bench_options& given) : by_{by}, given_{given}, drawing_{given.plot} {}

  int run() {
    const time_point due = deadline_after(by_.now(), given_.timeout);
    try {
      by_.run(with_deadline(due, given_.form == bench_form::models ? measure_models() : measure_endpoint()));
    } catch (const error& why) {
      const bool is_over = status_of(why) == status::timed_out && due <= clock::now();
      failure_ = is_over ? error{why.code(), "bench", "",
                                 fmt::format("the whole run had {}: --timeout says how long",
                                             duration_text(given_.timeout))}
                         : why;
    }
    const int ended = to_integer(failure_ ? status_of(*failure_) : status::done);
    tell(ended);
    if (failure_) report(*failure_);
    return ended;
  }

 private:
  task<> measure_endpoint() {
    echo_load load{by_, given_};
    progress_bar bar{by_, given_.to.to_string(), [&load] { return load.progress(); }};
    std::exception_ptr stopped;
    try {
      co_await bar.show_during(load.run());
    } catch (...) {
      stopped = std::current_exception();
    }
    keep(load.result());
    endpoint_ = load.result();
    if (stopped) std::rethrow_exception(stopped);
  }

  task<> measure_models() {
    for (const measured_model& each : measured_models()) co_await measure_model(each);
  }

  task<> measure_model(const measured_model& which) {
    measured_server server{by_, which.model, which.workers, given_.wanted};
    bench_options plan = given_;
    plan.to = co_await server.where();
    echo_load load{by_, plan};
    const auto before = static_cast<double>(models_.size());
    progress_bar bar{by_, name_of(which), [&load, before] {
                       return (before + load.progress()) / static_cast<double>(measured_models().size());
                     }};
    co_await bar.show_during(load.run());
    const duration processor = co_await server.end();
    keep(load.result());
    models_.push_back({&which, load.result(), processor});
  }

  void keep(const load_result& result) {
    if (!failure_) failure_ = result.failure;
  }

  void tell(int ended) const {
    if (given_.form == bench_form::models)
      tell_models(ended);
    else if (endpoint_)
      tell_endpoint(ended);
  }

  void tell_models(int ended) const {
    if (models_.empty()) return;
    write_to_stdout(given_.json ? models_json(given_, models_, ended) : models_text(given_, models_));
    drawing_.write(models_chart(given_, models_));
  }

  void tell_endpoint(int ended) const {
    const bool is_something = endpoint_->times.count() > 0;
    if (given_.json)
      write_to_stdout(bench_json(given_, *endpoint_, ended));
    else if (is_something)
      write_to_stdout(bench_text(given_, *endpoint_));
    if (is_something) drawing_.write(bench_chart(given_, *endpoint_));
  }

  engine& by_;
  const bench_options& given_;
  drawing drawing_;
  std::optional<load_result> endpoint_;
  std::vector<model_result> models_;
  std::optional<error> failure_;
};

}  // namespace

int run_bench(const bench_options& given) {
  const std::unique_ptr<engine> by = make_engine();
  measuring one{*by, given};
  return one.run();
}

}  // namespace ahoy::inline v0
