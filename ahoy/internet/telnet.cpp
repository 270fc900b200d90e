#include <ahoy/command/confirm.hpp>
#include <ahoy/command/destination.hpp>
#include <ahoy/command/end_rule.hpp>
#include <ahoy/command/notice.hpp>
#include <ahoy/command/output_sink.hpp>
#include <ahoy/command/signals.hpp>
#include <ahoy/command/standard_input.hpp>
#include <ahoy/command/status.hpp>
#include <ahoy/command/usage_error.hpp>
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

/// A conversation as stream_conversation has it, with the answers to what the server asks in between.
class telnet_call {
 public:
  telnet_call(engine& by, const telnet_options& given)
      : by_{by},
        given_{given},
        rule_{rule_of_call(given.at_end)},
        session_{own_terminal(), access_to(given).observer},
        input_{by},
        output_{by},
        shown_{output_, presentation{false, given.hex, given.timestamps}},
        outgoing_{by},
        sent_{by},
        changed_{by} {}

  task<> run() {
    stream_ = co_await open_stream(by_, as_tcp(given_.to), given_);
    witness_.emplace(*stream_);
    if (input_.is_terminal()) notice("connected; Ctrl-] leaves");
    co_await when_any(tasks(converse(), until_left(), flush_all(), follow_window()));
    co_await shown_.pause();
    judge();
  }
  [[nodiscard]] status ended() const noexcept { return status_; }

 private:
  static endpoint as_tcp(endpoint to) {
    to.scheme = scheme::tcp;
    to.path.clear();
    return to;
  }
  task<> converse();
  task<> hear();
  task<> speak();
  task<> say_all();
  task<> listen_on();
  task<> until_left();
  task<> flush_all();
  task<> hand_over(std::string_view wire);
  task<> follow_window();
  void leave() noexcept;
  void blame(const error& why, const context& here);
  void judge();

  engine& by_;
  const telnet_options& given_;
  end_rule rule_;
  telnet_session session_;
  standard_input input_;
  standard_output output_;
  shown_output shown_;
  event outgoing_, sent_, changed_;
  typed_keys keys_;
  std::unique_ptr<connection> stream_;
  std::optional<witness> witness_;
  std::optional<error> failure_;
  std::uint64_t offered_ = 0;  // bytes for the wire, so far
  bool has_heard_ = false;     // text
  bool has_said_ = false;      // something of the input, beside answers
  bool hearing_ = true;
  bool peer_ended_ = false;
  bool was_reset_ = false;  // before its end: whoever hears of it takes it from the next one to ask
  bool closes_ = false;     // our half, once all was sent
  bool has_left_ = false;
  status status_ = status::done;
};

task<> telnet_call::converse() {
  co_await when_all(tasks(hear(), speak()));
  const bool to_the_end = rule_.until == listen_until::peer_ends || rule_.until == listen_until::limit;
  if (peer_ended_ && has_said_ && to_the_end) co_await witness_->settle();
}

/// Until the server ends.
task<> telnet_call::hear() {
  context& here = co_await this_context();
  while (!peer_ended_) {
    std::optional<bytes> come;
    try {
      come = co_await stream_->receive();
    } catch (const error& why) {
      blame(why, here);
      break;
    }
    peer_ended_ = come->empty();
    const std::string text = session_.take(come->text());
    keys_.be_raw(input_.is_terminal() && session_.server_echoes());
    outgoing_.notify();
    has_heard_ = has_heard_ || !text.empty();
    if (!text.empty()) co_await shown_.take(text, piece::part);
    co_await shown_.pause();
  }
  hearing_ = false;
  if (failure_ || !rule_.keeps_open) input_.finish();
  changed_.notify();
}

/// What the server still asks after our half is closed stays without an answer.
task<> telnet_call::speak() {
  co_await say_all();
  while (rule_.keeps_open && hearing_ && !failure_) co_await changed_.wait();
  closes_ = true;
  outgoing_.notify();
  co_await sent_.wait();
  if (failure_) co_return;
  witness_->ended();
  co_await listen_on();
}

task<> telnet_call::say_all() {
  while (!failure_) {
    const bytes typed = co_await input_.read();
    if (typed.empty()) break;
    const std::string_view text = typed.text();
    const auto end = input_.is_terminal() ? text.find(escape_key) : text.npos;
    session_.say(text.substr(0, end));
    has_said_ = true;
    outgoing_.notify();
    co_await sent_.wait();  // what is typed waits where it comes from, not here
    if (end != text.npos) leave();
  }
}

task<> telnet_call::listen_on() {
  if (rule_.until == listen_until::peer_ends) co_return;
  if (rule_.until == listen_until::settled) co_await witness_->settle();
  const time_point due = deadline_after(by_.now(), rule_.limit);
  while (rule_.until == listen_until::limit && hearing_ && by_.now() < due)
    co_await changed_.wait(due - by_.now());
  if (hearing_) leave();
}

void telnet_call::leave() noexcept {
  has_left_ = true;
  changed_.notify();
}

task<> telnet_call::until_left() {
  while (!has_left_) co_await changed_.wait();
}

/// One sends at a time, whoever has something to say.
task<> telnet_call::flush_all() {
  for (bool is_closed = false;;) {
    const std::string wire = session_.outgoing();
    const bool has_more = !wire.empty() && !is_closed && !failure_;
    if (has_more) co_await hand_over(wire);
    if (has_more) continue;
    if (closes_ && !is_closed) stream_->shutdown_send();
    is_closed = closes_;
    sent_.notify();
    co_await outgoing_.wait();
  }
}

task<> telnet_call::hand_over(std::string_view wire) {
  context& here = co_await this_context();
  offered_ += wire.size();
  try {
    co_await stream_->send(wire);
  } catch (const error& why) {
    blame(why, here);
  }
}

/// In a handler: what is the connection's is noted, and what has come is still heard; what is ours (our time
/// is over, we are stopped) goes on.
void telnet_call::blame(const error& why, const context& here) {
  const bool time_is_over = here.deadline() <= by_.now();
  if (why.code() == std::errc::operation_canceled) throw;
  if (why.code() == std::errc::timed_out && time_is_over) throw;
  if (!failure_) failure_.emplace(why);
  was_reset_ = was_reset_ || (!peer_ended_ && why.code() == std::errc::connection_reset);
  witness_->failed(why.code());
}

/// As `call` does: a server that ends first has the right to, as long as it takes what we said. Our answers
/// need not be heard.
void telnet_call::judge() {
  const account known = witness_->ask();
  if (known.failure && !failure_) failure_.emplace(known.failure, "receive from", stream_->label());
  const bool refuses_more = failure_ && failure_->code() == std::errc::broken_pipe;
  const bool ended_first = !was_reset_ && (peer_ended_ || refuses_more);
  if (!failure_ && ended_first && !input_.at_end() && !input_.is_terminal())
    notice("the server has ended the conversation; standard input was not read to its end");
  if (!failure_ && ended_first && has_said_ && !has_heard_ && given_.at_end.how == after_eof::rule::ordinary)
    notice(
        "the server has said nothing; one that hangs up when our input ends answers with --after-eof wait");
  if (!failure_ || (ended_first && !has_said_)) return;
  status_ = ended_first ? status::not_confirmed : status::receive_failed;
  report({failure_->code(), ended_first ? "send to" : "receive from", stream_->label(),
          has_said_ ? count_in_words(known, offered_, input_.at_end()) : failure_->hint()});
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

std::optional<int> call_until_signal(engine& by, const telnet_options& given, status& ended) {
  telnet_call one{by, given};
  awaited_work work;
  work.run = [&one] { return one.run(); };
  work.timeout = given.timeout;
  const std::optional<int> signal = run_until_signal(by, work);
  ended = one.ended();
  return signal;
}

/// What Telnet cannot do is said, and not left out in silence.
void check(const telnet_options& given) {
  if (given.user)
    throw usage_error(usage_errc::contradictory, "user and URL", given.to.to_string(),
                      "Telnet has no login of its own: the server asks for one in the conversation");
  if (given.json)
    throw usage_error(usage_errc::contradictory, "option --json and URL", given.to.to_string(),
                      "what a server shows on a terminal is no messages");
}

}  // namespace

int telnet(const telnet_options& given) {
  check(given);
  const std::unique_ptr<engine> by = make_engine();
  status ended = status::done;
  if (const auto signal = call_until_signal(*by, given, ended)) end_by_signal(*signal);
  return to_integer(ended);
}

}  // namespace ahoy::inline v0
