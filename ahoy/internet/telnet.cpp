#include <ahoy/command/destination.hpp>
#include <ahoy/command/notice.hpp>
#include <ahoy/command/output_sink.hpp>
#include <ahoy/command/signals.hpp>
#include <ahoy/command/standard_input.hpp>
#include <ahoy/engine/select.hpp>
#include <ahoy/internet/access.hpp>
#include <ahoy/internet/protocols.hpp>
#include <ahoy/internet/run.hpp>
#include <ahoy/internet/typed_keys.hpp>
#include <ahoy/protocol/telnet.hpp>
#include <ahoy/task/scope.hpp>

#include <algorithm>
#include <cstdlib>

namespace ahoy::inline v0 {

namespace {

/// Ctrl-], which leaves, as telnet(1) has it.
constexpr char escape_key = 0x1d;

telnet_terminal own_terminal() {
  telnet_terminal ours;
  const char* type = std::getenv("TERM");  // NOLINT(concurrency-mt-unsafe): nobody sets it
  if (type) ours.type = type;
  std::tie(ours.columns, ours.rows) = window_size();
  return ours;
}

class telnet_call {
 public:
  telnet_call(engine& by, const telnet_options& given)
      : by_{by},
        given_{given},
        session_{own_terminal(), access_to(given).observer},
        input_{by},
        output_{by},
        shown_{output_, presentation{false, given.hex, given.timestamps}},
        outgoing_{by},
        sent_{by} {}

  task<> run() {
    stream_ = co_await open_stream(by_, as_tcp(given_.to), given_);
    if (input_.is_terminal()) notice("connected; Ctrl-] leaves");
    co_await when_any(tasks(hear(), say_all(), flush_all(), follow_window()));
    co_await shown_.pause();
  }

 private:
  static endpoint as_tcp(endpoint to) {
    to.scheme = scheme::tcp;
    to.path.clear();
    return to;
  }
  task<> hear();
  task<> say_all();
  task<> flush_all();
  task<> follow_window();
  task<> wait_after_input();

  engine& by_;
  const telnet_options& given_;
  telnet_session session_;
  standard_input input_;
  standard_output output_;
  shown_output shown_;
  event outgoing_, sent_;
  typed_keys keys_;
  std::unique_ptr<connection> stream_;
  bool input_ended_ = false;
};

/// Until the server ends.
task<> telnet_call::hear() {
  for (;;) {
    const bytes come = co_await stream_->receive();
    if (come.empty()) break;
    const std::string text = session_.take(come.text());
    keys_.be_raw(input_.is_terminal() && session_.server_echoes());
    outgoing_.notify();
    co_await shown_.take(text, piece::part);
    co_await shown_.pause();
  }
}

task<> telnet_call::say_all() {
  for (;;) {
    const bytes typed = co_await input_.read();
    if (typed.empty()) break;
    const std::string_view text = typed.text();
    const auto end = input_.is_terminal() ? text.find(escape_key) : text.npos;
    session_.say(text.substr(0, end));
    outgoing_.notify();
    co_await sent_.wait();  // what is typed waits where it comes from, not here
    if (end != text.npos) co_return;
  }
  input_ended_ = true;
  outgoing_.notify();
  co_await wait_after_input();
}

task<> telnet_call::wait_after_input() {
  const duration limit = given_.at_end.how == after_eof::rule::limited ? given_.at_end.limit : no_timeout;
  co_await by_.sleep(given_.at_end.how == after_eof::rule::close ? duration::zero() : limit);
}

/// One sends at a time, whoever has something to say; after the end of the input, our half is closed, and
/// what the server still asks stays without an answer.
task<> telnet_call::flush_all() {
  for (bool is_closed = false;;) {
    const std::string bytes = session_.outgoing();
    const bool has_more = !bytes.empty() && !is_closed;
    if (has_more) co_await stream_->send(bytes);
    if (has_more) continue;
    sent_.notify();
    is_closed = is_closed || (input_ended_ && given_.at_end.how != after_eof::rule::wait);
    if (is_closed) stream_->shutdown_send();
    co_await outgoing_.wait();
  }
}

task<> telnet_call::follow_window() {
  window_changes changes{by_};
  for (;;) {
    co_await changes.next();
    const auto [columns, rows] = window_size();
    session_.resize(columns, rows);
    outgoing_.notify();
  }
}

std::optional<int> call_until_signal(engine& by, const telnet_options& given) {
  telnet_call one{by, given};
  awaited_work work;
  work.run = [&one] { return one.run(); };
  work.timeout = given.timeout;
  return run_until_signal(by, work);
}

}  // namespace

int telnet(const telnet_options& given) {
  const std::unique_ptr<engine> by = make_engine();
  if (const auto signal = call_until_signal(*by, given)) end_by_signal(*signal);
  return 0;
}

}  // namespace ahoy::inline v0
