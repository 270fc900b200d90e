#include <ahoy/command/beside_prompt.hpp>
#include <ahoy/command/datagram_conversation.hpp>
#include <ahoy/command/defaults.hpp>
#include <ahoy/command/destination.hpp>
#include <ahoy/command/json.hpp>
#include <ahoy/command/notice.hpp>
#include <ahoy/command/status.hpp>
#include <ahoy/command/stream_conversation.hpp>
#include <ahoy/command/tls_advice.hpp>
#include <ahoy/command/verbs.hpp>
#include <ahoy/engine/select.hpp>

#include <fmt/format.h>

#include <chrono>
#include <optional>
#include <string>

namespace ahoy::inline v0 {

namespace {

class conversation_call {
 public:
  conversation_call(engine& by, const call_options& given);
  task<> run();
  [[nodiscard]] int exit_status() const noexcept { return to_integer(status_); }

 private:
  task<> talk();
  task<> talk_in_stream();
  task<> talk_in_datagrams();
  [[nodiscard]] bool open_prompt();
  [[nodiscard]] std::unique_ptr<input_source> open_input(const std::string& peer);
  [[nodiscard]] std::unique_ptr<output_sink> open_output(const std::string& peer);
  task<> tell(json_event what, std::string peer, std::string text);
  void judge_stream();
  void judge_datagrams(const error& why);
  void tell_not_taken();
  void say_what_was_left();

  engine& by_;
  const call_options& given_;
  time_point due_;
  standard_input input_;
  standard_output output_;
  std::unique_ptr<prompt> typed_;  // at a terminal, while it is typed at
  std::unique_ptr<input_source> source_;
  std::unique_ptr<output_sink> sink_;
  std::unique_ptr<connection> stream_;
  std::optional<stream_conversation> conversation_;
  std::optional<datagram_route> route_;
  std::optional<datagram_conversation> datagrams_;
  std::optional<error> failure_;
  status status_ = status::done;
};

conversation_call::conversation_call(engine& by, const call_options& given)
    : by_{by}, given_{given}, due_{deadline_after(by.now(), given.timeout)}, input_{by}, output_{by} {}

task<> conversation_call::run() {
  context& here = co_await this_context();
  context timed{here, due_};
  std::optional<error> out_of_time;
  try {
    co_await talk().in(timed);
  } catch (const error& why) {
    const bool time_is_over = why.code() == std::errc::timed_out && due_ <= by_.now();
    if (!time_is_over || (!conversation_ && !datagrams_)) throw;
    out_of_time = why;
  }
  typed_.reset();
  if (out_of_time && conversation_)
    throw error{out_of_time->code(), std::string{conversation_->waits_for()}, stream_->label(),
                conversation_->count()};
  if (out_of_time)
    throw error{out_of_time->code(), std::string{datagrams_->waits_for()}, given_.to.to_string()};
  if (failure_) report(*failure_);
}

task<> conversation_call::talk() {
  if (given_.to.transport() == transport::udp)
    co_await talk_in_datagrams();
  else
    co_await talk_in_stream();
}

bool conversation_call::open_prompt() {
  std::string why;
  typed_ = prompt::open(by_, [](std::string_view) { return std::vector<std::string>{}; }, why);
  if (!why.empty() && given_.verbose > 0) notice("no line editing: " + why);
  return typed_ != nullptr;
}

std::unique_ptr<input_source> conversation_call::open_input(const std::string& peer) {
  if (given_.json) return json_as_input(input_, given_.max_message, peer);
  const bool as_it_is = framing_for(given_) == framing::raw && given_.to.type() == socket_type::stream;
  if (open_prompt()) return typed_as_input(typed_, as_it_is);
  if (as_it_is) return bytes_as_input(input_);
  return lines_as_input(input_, given_.max_message);
}

std::unique_ptr<output_sink> conversation_call::open_output(const std::string& peer) {
  if (given_.json) return std::make_unique<event_output>(output_, peer);
  const bool in_lines = framing_for(given_) != framing::raw;
  const presentation how{output_.is_terminal(), given_.hex, given_.timestamps, in_lines};
  if (typed_ && output_.is_terminal()) return std::make_unique<output_beside_prompt>(output_, how, typed_);
  return std::make_unique<shown_output>(output_, how);
}

task<> conversation_call::tell(json_event what, std::string peer, std::string text) {
  if (!given_.json) co_return;
  const std::string line = json_line(what, std::chrono::system_clock::now(), peer, text);
  co_await output_.write(line);
}

task<> conversation_call::talk_in_stream() {
  stream_ = co_await open_stream(by_, given_.to, given_);
  if (given_.verbose > 0)
    notice(fmt::format("connected to {} from {}", stream_->label(), stream_->local().to_string()));
  source_ = open_input(stream_->label());
  sink_ = open_output(stream_->label());
  borders how;
  how.sent = how.heard = framing_for(given_);
  how.max_message = given_.max_message;
  co_await tell(json_event::join, stream_->label(), std::string{stream_->transport()});
  conversation_.emplace(*stream_, *source_, *sink_, how,
                        rule_for(rule_of_call(given_.at_end), *stream_, given_.at_end));
  co_await conversation_->run();
  judge_stream();
  co_await tell(json_event::leave, stream_->label(), failure_ ? failure_->what() : "done");
}

task<> conversation_call::talk_in_datagrams() {
  datagram_route opened = co_await open_datagrams(by_, given_.to, given_);
  route_.emplace(std::move(opened));
  const std::string peer = given_.to.to_string();
  source_ = open_input(peer);
  sink_ = open_output(peer);
  datagram_conversation::limits until;
  until.after_input = datagram_limit(given_.at_end);
  datagrams_.emplace(by_, *route_, peer, *source_, *sink_, until);
  try {
    co_await datagrams_->run();
  } catch (const error& why) {
    judge_datagrams(why);
  }
}

/// In a handler: that sending failed is no longer all that there is to say once something was sent.
void conversation_call::judge_datagrams(const error& why) {
  if (datagrams_->count() == 0 || status_of(why) != status::send_failed) throw;
  failure_.emplace(why);
  status_ = status::not_confirmed;
}

/// A peer that ends first has the right to, as long as it takes what we sent. If the connection fails after
/// that, it left something unread, even where its system had acknowledged it. A connection that breaks before
/// is just that.
void conversation_call::judge_stream() {
  const account known = conversation_->ask();
  const std::optional<error>& failure = conversation_->failure();
  if (!failure && !known.settled && conversation_->peer_ended()) return tell_not_taken();
  if (!failure) return say_what_was_left();
  const bool ended_first = conversation_->peer_ended_first();
  const bool not_taken = ended_first && conversation_->offered() > 0;
  const bool of_messages = failure->code().category() == error_category();
  status_ = not_taken ? status::not_confirmed : of_messages ? status_of(*failure) : status::receive_failed;
  failure_.emplace(failure->code(), ended_first ? "send to" : "receive from", stream_->label(),
                   known.sent > 0 && !of_messages ? conversation_->count()
                                                  : with_next_step(*failure, given_.to, given_.tls).hint());
}

/// The peer has ended, and the time for its acknowledgement is over.
void conversation_call::tell_not_taken() {
  status_ = status::not_confirmed;
  failure_.emplace(std::make_error_code(std::errc::timed_out), std::string{conversation_->waits_for()},
                   stream_->label(), conversation_->count());
}

void conversation_call::say_what_was_left() {
  if (conversation_->peer_ended() && !source_->at_end() && !input_.is_terminal())
    notice("the peer has ended the conversation; standard input was not read to its end");
}

}  // namespace

int run_call(const call_options& given) {
  const std::unique_ptr<engine> by = make_engine();
  conversation_call one{*by, given};
  by->run(one.run());
  return one.exit_status();
}

}  // namespace ahoy::inline v0
