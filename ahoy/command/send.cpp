#include <ahoy/command/datagram_conversation.hpp>
#include <ahoy/command/defaults.hpp>
#include <ahoy/command/destination.hpp>
#include <ahoy/command/json.hpp>
#include <ahoy/command/notice.hpp>
#include <ahoy/command/settings.hpp>
#include <ahoy/command/standard_streams.hpp>
#include <ahoy/command/status.hpp>
#include <ahoy/command/stream_conversation.hpp>
#include <ahoy/command/tls_advice.hpp>
#include <ahoy/command/usage_error.hpp>
#include <ahoy/command/verbs.hpp>
#include <ahoy/engine/select.hpp>

#include <fmt/format.h>

#include <array>
#include <optional>
#include <string>
#include <utility>

namespace ahoy::inline v0 {

namespace {

/// For a slow reader of our report, when all the time that was given is over.
constexpr duration time_to_tell = std::chrono::seconds{1};

/// One delivery, and what is known of it. What fails is told at its end, so that --json can tell it too.
class delivery {
 public:
  delivery(engine& by, const send_options& given);
  task<> run();
  [[nodiscard]] int exit_status() const noexcept { return to_integer(status_); }

 private:
  task<> deliver();
  task<> deliver_stream();
  task<> deliver_datagrams();
  [[nodiscard]] std::unique_ptr<input_source> open_input();
  void judge_stream();
  void judge_failure(const error& failure);
  [[nodiscard]] error not_awaited();
  [[nodiscard]] std::string what_is_known();
  void note_what_is_known();
  void fail(const error& why);
  void fail_by_time();
  [[nodiscard]] bool has_what_it_waited_for() const noexcept;
  [[nodiscard]] status status_after(const error& why) const noexcept;
  void refuse(error why, status as);
  [[nodiscard]] std::string where() const { return stream_ ? stream_->label() : given_.to.to_string(); }
  [[nodiscard]] std::uint64_t sent() const noexcept;
  void confirm_aloud() const;
  task<> tell();
  [[nodiscard]] output_sink& sink() noexcept;

  engine& by_;
  const send_options& given_;
  confirmation wanted_;
  time_point due_;
  standard_input input_;
  standard_output output_;
  shown_output shown_;
  kept_output kept_;
  std::unique_ptr<input_source> source_;
  std::unique_ptr<connection> stream_;
  std::optional<stream_conversation> conversation_;
  std::optional<datagram_route> route_;
  std::optional<datagram_conversation> datagrams_;
  std::optional<error> failure_;
  std::optional<confirmation> confirmed_;
  std::optional<std::uint64_t> acknowledged_;
  status status_ = status::done;
};

presentation presentation_for(const send_options& given, const standard_output& to) {
  const bool in_lines = given.framing.value_or(framing::raw) != framing::raw;
  return {to.is_terminal(), given.hex, given.timestamps, in_lines};
}

delivery::delivery(engine& by, const send_options& given)
    : by_{by},
      given_{given},
      wanted_{confirmation_for(given)},
      due_{deadline_after(by.now(), given.timeout)},
      input_{by},
      output_{by},
      shown_{output_, presentation_for(given, output_)},
      kept_{given.max_message} {}

output_sink& delivery::sink() noexcept {
  if (given_.json) return kept_;
  return shown_;
}

task<> delivery::run() {
  context& here = co_await this_context();
  context timed{here, due_};
  try {
    co_await deliver().in(timed);
  } catch (const error& why) {
    fail(why);
  }
  if (failure_ && is_closed_output(*failure_)) throw error{*failure_};
  if (failure_) report(*failure_);
  if (!failure_ && given_.verbose > 0) confirm_aloud();
  // Time that has run out is no reason to hold the report back, only not to wait long for who reads it.
  context telling{here, std::max(due_, deadline_after(by_.now(), time_to_tell))};
  if (given_.json && status_ != status::output_failed) co_await tell().in(telling);
}

task<> delivery::deliver() {
  if (given_.to.transport() == transport::udp)
    co_await deliver_datagrams();
  else
    co_await deliver_stream();
}

std::unique_ptr<input_source> delivery::open_input() {
  if (!given_.messages.empty()) return words_as_input(given_.messages);
  if (framing_for(given_) == framing::raw && given_.to.type() == socket_type::stream)
    return bytes_as_input(input_);
  return lines_as_input(input_, given_.max_message);
}

task<> delivery::deliver_stream() {
  stream_ = co_await open_stream(by_, given_.to, given_);
  if (given_.verbose > 0) notice(fmt::format("connected to {}", stream_->label()));
  source_ = open_input();
  borders how;
  how.sent = framing_for(given_);
  how.heard = given_.framing.value_or(framing::raw);
  if (how.heard == framing::line) how.heard = framing::raw;  // a line is shown as it came
  how.max_message = given_.max_message;
  how.sends_files = true;
  conversation_.emplace(*stream_, *source_, sink(), how,
                        rule_for(rule_of_send(given_.at_end, wanted_), *stream_, given_.at_end));
  co_await conversation_->run();
  judge_stream();
}

task<> delivery::deliver_datagrams() {
  datagram_route opened = co_await open_datagrams(by_, given_.to, given_);
  route_.emplace(std::move(opened));
  source_ = open_input();
  datagram_conversation::limits until;
  until.after_input = datagram_limit(given_.at_end);
  until.first_answer_ends = true;
  datagrams_.emplace(by_, *route_, given_.to.to_string(), *source_, sink(), until);
  co_await datagrams_->run();
  confirmed_ = confirmation::sent;
}

/// 0 is what was asked for, and nothing less.
void delivery::judge_stream() {
  note_what_is_known();
  const std::optional<error>& failure = conversation_->failure();
  if (failure && !(failure->code() == std::errc::connection_reset && has_what_it_waited_for()))
    judge_failure(*failure);
  else if (!confirmed_ || *confirmed_ < wanted_)
    refuse(not_awaited(), status::not_confirmed);
}

/// A message of the peer's that is too long, or ends within, is told by itself; all else by what it has left
/// of ours.
void delivery::judge_failure(const error& failure) {
  const bool begun = sent() > 0;
  const bool is_size = failure.code() == errc::too_long;
  const bool of_reply = is_size || conversation_->ended_inside_message();
  const bool of_sending = !of_reply && (!conversation_->all_sent() || conversation_->peer_ended_first());
  const std::string hint = with_next_step(failure, given_.to, given_.tls).hint();
  const bool has_reason = of_reply || failure.code() == errc::handshake_failed;
  const std::string reason = has_reason && !hint.empty() ? hint + "; " : "";
  const error why{failure.code(), of_sending ? "send to" : "receive from", where(),
                  begun ? reason + what_is_known() : hint};
  refuse(why, begun && !is_size ? status::not_confirmed : status_of(why));
}

std::string delivery::what_is_known() {
  if (!conversation_->was_cut_short()) return conversation_->count();
  const bool all = conversation_->all_sent() && acknowledged_ == sent();
  return fmt::format("{}, the peer ended without close_notify",
                     all ? "all acknowledged" : conversation_->count());
}

/// The end that --confirm asks for, and --after-eof gave no time to, or too little.
error delivery::not_awaited() {
  const std::string verb{conversation_->waits_for()};
  const std::string count = conversation_->count();
  if (given_.at_end.how == after_eof::rule::close)
    return {usage_errc::left_out, verb, where(), count + "; --confirm acked asks for no more than that"};
  return {std::make_error_code(std::errc::timed_out), verb, where(), count};
}

void delivery::note_what_is_known() {
  const account known = conversation_->ask();
  acknowledged_ = known.acknowledged;
  confirmed_ = given_confirmation(known, conversation_->all_sent(), conversation_->peer_ended());
}

std::uint64_t delivery::sent() const noexcept {
  if (datagrams_) return datagrams_->sent();
  return stream_ ? stream_->bytes_sent() : 0;
}

void delivery::refuse(error why, status as) {
  failure_ = std::move(why);
  status_ = as;
}

void delivery::fail(const error& why) {
  if (conversation_) note_what_is_known();
  // What is not whole must not look so to the peer.
  if (conversation_ && !conversation_->all_sent()) stream_->abort_on_close();
  const bool time_is_over = why.code() == std::errc::timed_out && due_ <= by_.now();
  // The kernel reports no acknowledgement of our bytes but that of our end, so this may be known only now.
  if (time_is_over && has_what_it_waited_for()) return;
  if (time_is_over && (conversation_ || datagrams_))
    fail_by_time();
  else
    refuse(why, status_after(why));
}

bool delivery::has_what_it_waited_for() const noexcept {
  const bool waits_longer =
      given_.at_end.how == after_eof::rule::wait || given_.at_end.how == after_eof::rule::limited;
  return !waits_longer && wanted_ == confirmation::acked && confirmed_ && *confirmed_ >= wanted_;
}

void delivery::fail_by_time() {
  const auto out_of_time = std::make_error_code(std::errc::timed_out);
  if (datagrams_)
    refuse({out_of_time, std::string{datagrams_->waits_for()}, where()}, status::timed_out);
  else
    refuse({out_of_time, std::string{conversation_->waits_for()}, where(), conversation_->count()},
           status::timed_out);
}

/// Of datagrams, what ICMP says is told as it is: nobody is there. Any other failure of sending or receiving,
/// once something was sent, means that not all of it is confirmed.
status delivery::status_after(const error& why) const noexcept {
  const status own = status_of(why);
  const bool of_the_socket =
      own == status::send_failed || own == status::receive_failed || why.code() == std::errc::message_size;
  const bool begun = datagrams_ && datagrams_->count() > 0;
  return begun && of_the_socket ? status::not_confirmed : own;
}

/// What each confirmation says, in words; {0} is the peer, {1} how many bytes. A Unix socket has no system
/// between: what is acknowledged its program took.
constexpr std::array<const char*, 3> meanings{
    "sent: {1} bytes are handed over to this system's kernel; nothing more is known",
    "acked: the system of {0} acknowledged all {1} bytes; how many its program read is not known",
    "closed: the system of {0} acknowledged all {1} bytes and our end, it ended its side, and no reset came",
};
constexpr std::array<const char*, 3> local_meanings{
    meanings[0],
    "acked: {0} took all {1} bytes",
    "closed: {0} took all {1} bytes and ended its side, and no reset came",
};

void delivery::confirm_aloud() const {
  const auto given = static_cast<std::size_t>(confirmed_.value_or(confirmation::sent));
  const auto& words = given_.to.transport() == transport::local ? local_meanings : meanings;
  notice(fmt::format(fmt::runtime(words[given]), where(), sent()));
}

task<> delivery::tell() {
  const std::optional<std::string>& reply = kept_.text();
  std::optional<std::string_view> told;
  if (reply) told = *reply;
  const std::string line = json_line(
      send_report{sent(), acknowledged_, confirmed_ ? to_string(*confirmed_) : "none", exit_status(), told});
  co_await output_.write(line);
}

}  // namespace

int run_send(const send_options& given) {
  const std::unique_ptr<engine> by = make_engine();
  delivery one{*by, given};
  by->run(one.run());
  return one.exit_status();
}

}  // namespace ahoy::inline v0
