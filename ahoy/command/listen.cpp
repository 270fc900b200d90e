#include <ahoy/command/console.hpp>
#include <ahoy/command/descriptor_limit.hpp>
#include <ahoy/command/destination.hpp>
#include <ahoy/command/event_log.hpp>
#include <ahoy/command/inheritance.hpp>
#include <ahoy/command/input_source.hpp>
#include <ahoy/command/listen_report.hpp>
#include <ahoy/command/listen_rules.hpp>
#include <ahoy/command/log_file.hpp>
#include <ahoy/command/metrics_server.hpp>
#include <ahoy/command/notice.hpp>
#include <ahoy/command/operating.hpp>
#include <ahoy/command/options.hpp>
#include <ahoy/command/prompt.hpp>
#include <ahoy/command/signals.hpp>
#include <ahoy/command/standard_input.hpp>
#include <ahoy/command/standard_output.hpp>
#include <ahoy/command/standard_streams.hpp>
#include <ahoy/command/status.hpp>
#include <ahoy/command/termination.hpp>
#include <ahoy/command/tls_choice.hpp>
#include <ahoy/command/value_text.hpp>
#include <ahoy/command/verbs.hpp>
#include <ahoy/error/error.hpp>
#include <ahoy/error/log.hpp>
#include <ahoy/handler/discard.hpp>
#include <ahoy/handler/echo.hpp>
#include <ahoy/handler/gathering.hpp>
#include <ahoy/handler/greet.hpp>
#include <ahoy/handler/program.hpp>
#include <ahoy/handler/time.hpp>
#include <ahoy/server/observers.hpp>
#include <ahoy/server/server.hpp>
#include <ahoy/server/tally.hpp>
#include <ahoy/task/scope.hpp>

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <memory>
#include <span>

namespace ahoy::inline v0 {

namespace {

/// For what was said at the last moment.
constexpr duration time_for_the_last = std::chrono::milliseconds{100};

/// For whom we succeed to let go of what it does not hand over: after that it is worth a word.
constexpr duration time_for_the_one_before = std::chrono::seconds{1};
constexpr duration pause_between_tries = std::chrono::milliseconds{50};
constexpr duration pause_after_many_tries = std::chrono::seconds{5};

duration hear_after_finish(const after_eof& rule) {
  return rule.how == after_eof::rule::close ? duration::zero() : rule.limit;
}

gathering_options meeting_options(const listen_options& options) {
  gathering_options result;
  result.framing = options.framing.value_or(framing::line);
  result.max_message = options.max_message;
  result.message_timeout = options.message_timeout;
  result.room = options.room;
  result.stay_after_end = options.server.once || options.at_end.how == after_eof::rule::wait;
  result.hear_after_finish = hear_after_finish(options.at_end);
  if (options.framing)
    result.unfinished_after = no_timeout;  // a framing that was asked for is taken at its word
  return result;
}

struct handler_row {
  std::string_view name;
  std::unique_ptr<handler> (*make)(const listen_options&, transcript&, observer&);
};

constexpr std::array<handler_row, 6> handlers = {
    handler_row{
        "talk",
        [](const listen_options& options, transcript& heard, observer& told) -> std::unique_ptr<handler> {
          return std::make_unique<talk>(meeting_options(options), heard, told);
        }},
    handler_row{
        "relay",
        [](const listen_options& options, transcript& heard, observer& told) -> std::unique_ptr<handler> {
          return std::make_unique<relay>(meeting_options(options), heard, told);
        }},
    handler_row{"greet",
                [](const listen_options& options, transcript&, observer&) -> std::unique_ptr<handler> {
                  return std::make_unique<greet>(options.greeting);
                }},
    handler_row{"echo",
                [](const listen_options&, transcript&, observer&) -> std::unique_ptr<handler> {
                  return std::make_unique<echo>();
                }},
    handler_row{"discard",
                [](const listen_options&, transcript&, observer&) -> std::unique_ptr<handler> {
                  return std::make_unique<discard>();
                }},
    handler_row{"time",
                [](const listen_options&, transcript&, observer&) -> std::unique_ptr<handler> {
                  return std::make_unique<time>();
                }},
};

/// What was meant by a program's name with spaces in it, of which there is no file: a shell's habit.
std::string as_words(const std::vector<std::string>& command) {
  const std::string& first = command.front();
  const bool is_for_shell = first.find_first_of("|&;<>()$`\"'\\*?") != first.npos;
  std::string rest;
  for (const std::string& each : std::span{command}.subspan(1)) rest += " " + quoted_word(each);
  const std::string to_shell = fmt::format("--exec sh -c {}{}", quoted_word(first), rest);
  if (is_for_shell) return "no shell is involved unless it is asked for: " + to_shell;
  return fmt::format("the program and its arguments are words of their own: --exec {}{}", first, rest);
}

std::unique_ptr<handler> make_program(const listen_options& options) {
  program_options how;
  how.command = options.exec;
  how.prepare = []() noexcept {
    restore_sigpipe();
    restore_descriptor_limit();
  };
  try {
    return std::make_unique<program>(std::move(how));
  } catch (const error& why) {
    const bool is_line = options.exec.front().find_first_of(" \t\n") != std::string::npos;
    if (!is_line || why.code() != std::errc::no_such_file_or_directory) throw;
    throw error{why.code(), why.verb(), why.address(), as_words(options.exec)};
  }
}

std::unique_ptr<handler> chosen_handler(const listen_options& options, transcript& heard, observer& told) {
  if (!options.exec.empty()) return make_program(options);
  for (const handler_row& each : handlers)
    if (each.name == options.handler) return each.make(options, heard, told);
  throw error{make_error_code(errc::malformed), "read", "--handler " + options.handler};
}

/// What the library logs, for as long as there is a report to show it in: what is amiss, with -v more, with
/// -vv all.
class shown_log {
 public:
  shown_log(listen_report& in, unsigned verbose) {
    set_log([&in, verbose](log_level level, std::string_view line) {
      if (static_cast<unsigned>(level) <= verbose) in.note(line);
    });
  }
  shown_log(const shown_log&) = delete;
  shown_log& operator=(const shown_log&) = delete;
  ~shown_log() { set_log({}); }
};

/// The verb while it runs: the server, what is typed, what is written, and the signals that end it.
class listening {
 public:
  listening(engine& by, const listen_options& options, const inheritance& inherited, server_rules rules,
            context& where)
      : by_{by},
        options_{options},
        interactive_{::isatty(STDIN_FILENO) == 1 && ::isatty(STDERR_FILENO) == 1},
        output_{by},
        report_{by, options, output_, interactive_},
        log_{report_, options.verbose},
        notices_{[this](std::string_view line) { report_.note(line); }},
        input_{by},
        log_file_{options.log, [this](std::string_view line) { report_.note(line); }},
        event_log_{by, options.log_as, [this](std::string_view line) { write_log(line); }},
        serving_{options.on, chosen_handler(options, report_, told_), options.server},
        meeting_{dynamic_cast<gathering*>(&serving_.handling())},
        ending_{by},
        operating_{by, options, serving_, report_, inherited},
        is_successor_{inherited.successor_of.has_value()},
        tasks_{where},
        typing_{tasks_.where()} {
    if (!options.log.empty()) told_.add(event_log_);  // before others say what would not be logged
    told_.add(report_);
    if (options.metrics) told_.add(tally_);
    serving_.set_observer(told_);
    serving_.reload(std::move(rules));
    operating_.when_reloading = [this] { log_file_.reopen(); };
    operating_.when_retired = [this] { retire(); };
  }

  task<> run() {
    tasks_.start_all(report_.write_all(), report_.write_notes(), serve(), end_by_signal(),
                     operating_.obey_signals(), hear_ourselves(), end_input_with_caller());
    if (options_.metrics) tasks_.start(serve_metrics());
    std::exception_ptr failure;
    try {
      co_await tasks_.join();
    } catch (...) {
      failure = std::current_exception();
    }
    report_.tell_totals();
    if (failure) std::rethrow_exception(failure);
    ending_.ignore_from_now_on();
    operating_.ended();
  }
  [[nodiscard]] int exit_status() const noexcept { return to_integer(status_); }

 private:
  task<> serve() {
    co_await serving_.serve(by_);
    served_ = true;
    co_await flush();
    const bool has_one_program = options_.server.once && !options_.exec.empty();
    if (has_one_program && report_.somebody_failed()) status_ = status::fault;
    if (options_.server.once && report_.anybody_found_no_worker()) {
      report_.note("ahoy: serve the one caller: it was told busy");
      status_ = status::fault;
    }
    tasks_.stop();
  }

  void write_log(std::string_view line) {
    if (options_.log == "-") return report_.note(line.substr(0, line.size() - 1));
    try {
      log_file_.write(line);
    } catch (const error& why) {
      if (options_.user.empty() || why.code() != std::errc::permission_denied) throw;
      throw error{why.code(), why.verb(), why.address(),
                  "--user says who opens it, as also when it was renamed"};
    }
  }

  /// Opened after the server has begun: what it opens later its processes do not keep.
  task<> serve_metrics_once() {
    const tally::identity own{AHOY_VERSION, std::string{by_.name()},
                              std::string{to_string(options_.server.model)}};
    metrics_server to{*options_.metrics, [this, own] { return tally_.text(serving_.callers(), own); },
                      [this](std::string_view line) { report_.note(line); }};
    metrics_ = &to;
    std::exception_ptr failure;
    try {
      co_await to.serve(by_);
    } catch (...) {
      failure = std::current_exception();
    }
    metrics_ = nullptr;
    if (failure) std::rethrow_exception(failure);
  }

  /// Whom we succeed lets go of the address only when it knows that we serve. Since then callers are ours, so
  /// that we go on whoever has it.
  task<> serve_metrics() {
    const time_point due = by_.now() + time_for_the_one_before;
    for (bool is_told = false, fails = true; fails && !is_retired_;) {
      std::optional<error> failure;
      try {
        co_await serve_metrics_once();
      } catch (const error& why) {
        if (!is_successor_ || why.code() == std::errc::operation_canceled) throw;
        failure = why;
      }
      fails = failure.has_value();
      if (fails && !is_told && by_.now() >= due) {
        is_told = true;
        report_.note(std::string{"ahoy: no metrics for now: "} + failure->what());
      }
      if (fails) co_await by_.sleep(is_told ? pause_after_many_tries : pause_between_tries);
    }
  }

  void retire() {
    is_retired_ = true;
    if (metrics_) metrics_->stop();
    input_.finish();
  }

  /// What was heard is written, however slow its reader is; but where we were told to end, it has the time
  /// that callers have, and no more than a reader that reads needs for the last of it.
  task<> flush() {
    const bool told_to_end = !options_.server.once || signals_ > 0;
    const time_point soon = deadline_after(by_.now(), time_for_the_last);
    const time_point by_drain = signals_ > 1 ? soon : std::max(serving_.drained_by(), soon);
    const time_point due = told_to_end ? by_drain : no_deadline;
    try {
      co_await with_deadline(due, report_.flush());
    } catch (const error& failure) {
      if (!told_to_end || failure.code() != std::errc::timed_out) throw;
    }
    if (!report_.is_written()) throw output_error(ETIMEDOUT);
  }

  task<> end_by_signal() {
    for (;;) {
      co_await ending_.next();
      if (served_ && !report_.is_written()) throw output_error(ECANCELED);  // its reader is all we wait for
      ++signals_;
      operating_.stops();
      serving_.stop();
    }
  }

  /// What is typed or piped in. Its end changes nothing, but with --once it ends our half.
  task<> hear_ourselves() {
    console to{by_, options_, serving_, meeting_, report_};
    if (options_.server.once) co_await report_.first_arrival();
    std::string why;
    const std::unique_ptr<prompt> typed = options_.json ? nullptr : prompt::open(by_, completion(), why);
    if (!why.empty() && options_.verbose > 0) report_.note("no line editing: " + why);
    if (typed)
      co_await obey_typed(*typed, to);
    else if (is_said_as_it_is())
      co_await say_piped(to);
    else
      co_await obey_piped(to);
    if (options_.server.once && meeting_) co_await end_our_half();
  }

  task<> end_our_half() {
    const after_eof::rule how = options_.at_end.how;
    if (how == after_eof::rule::wait) co_await report_.first_end();
    meeting_->room(by_).finish();
    if (how != after_eof::rule::close && how != after_eof::rule::limited) co_return;
    co_await report_.first_departure();
    serving_.stop();
  }

  /// With --once the end of the one caller is the end of what is typed; of what is piped in, what is at hand
  /// is still said. Where it is told to wait, a caller that ended its half is told the rest, too.
  task<> end_input_with_caller() {
    const bool goes_on = options_.at_end.how == after_eof::rule::wait;
    if (!options_.server.once || !meeting_ || goes_on) co_return;
    co_await report_.first_end();
    input_.finish();
    typing_.stop();
  }

  prompt::completion completion() {
    return [this](std::string_view line) { return console_words(serving_, line); };
  }

  task<> obey_typed(prompt& typed, console& to) {
    report_.before_writing = [&typed] { typed.hide(); };
    report_.after_writing = [&typed] { typed.show(); };
    std::exception_ptr stopped;
    try {
      for (;;) {
        std::optional<std::string> line = co_await typed.read_line().in(typing_);
        if (!line) break;
        co_await obey(to, std::move(*line));
      }
    } catch (...) {
      stopped = std::current_exception();
    }
    report_.before_writing = report_.after_writing = nullptr;
    if (stopped && !typing_.stopped()) std::rethrow_exception(stopped);
  }

  /// Where there are neither commands nor borders, nobody needs to know of lines.
  [[nodiscard]] bool is_said_as_it_is() const {
    const auto is_stream = [](const endpoint& each) { return each.type() == socket_type::stream; };
    return meeting_ && !options_.json && !options_.commands && !input_.is_terminal() &&
           options_.framing == framing::raw && std::ranges::all_of(options_.on, is_stream);
  }

  task<> say_piped(console& to) {
    const std::unique_ptr<input_source> all = bytes_as_input(input_);
    for (;;) {
      std::optional<std::string> piece = co_await all->next();
      if (!piece) break;
      co_await to.say_to_all(std::move(*piece));
    }
  }

  void warn_of_file() {
    if (!input_.file() || options_.json || !options_.commands || !meeting_) return;
    report_.note(
        "ahoy: standard input is a file: it is said line by line, and a line that begins with / or @ is a "
        "command; --framing raw --no-commands says it as it is");
  }

  task<> obey_piped(console& to) {
    warn_of_file();
    const std::unique_ptr<input_source> lines = lines_as_input(input_, options_.max_message);
    for (;;) {
      std::optional<std::string> line = co_await lines->next();
      if (!line) break;
      co_await obey(to, std::move(*line));
    }
  }

  task<> obey(console& to, std::string line) {
    std::optional<error> mistake;
    try {
      co_await to.obey(std::move(line));
    } catch (const error& caught) {
      if (caught.code() != errc::malformed) throw;
      mistake = caught;
    }
    if (mistake) report_.note(std::string{"ahoy: "} + mistake->what());
    if (mistake && !mistake->hint().empty()) report_.note(mistake->hint());
  }

  engine& by_;
  const listen_options& options_;
  bool interactive_;
  standard_output output_;
  listen_report report_;
  shown_log log_;
  notice_redirection notices_;
  standard_input input_;
  observers told_;
  log_file log_file_;
  event_log event_log_;
  tally tally_;
  server serving_;
  gathering* meeting_;  // null where the handler has no room to speak into
  bool served_ = false;
  unsigned signals_ = 0;
  status status_ = status::done;
  termination ending_;
  operating operating_;
  const bool is_successor_;
  bool is_retired_ = false;
  metrics_server* metrics_ = nullptr;  // while it serves
  scope tasks_;
  context typing_;  // ends with the caller of --once, too
};

task<> listen(engine& by, listen_options options, int& status) {
  context& here = co_await this_context();
  options.server.source = co_await source_address(by, options.on.front(), options);
  const inheritance inherited = find_inheritance();
  if (speaks_tls(options) && options.tls.cert.empty()) options.identity = identity_of_user();
  listen_rules files = read_rules(options);
  options.server.tls = std::move(files.rules.tls);
  listening verb{by, options, inherited, std::move(files.rules), here};
  co_await verb.run();
  status = verb.exit_status();
}

}  // namespace

int run_listen(const listen_options& options) {
  const bool by_calls = options.server.model == model::iterative &&
                        options.server.engine == engine_choice::automatic &&
                        !options.metrics;  // they are served beside
  const std::unique_ptr<engine> by = make_engine(by_calls ? engine_choice::blocking : options.server.engine);
  const time_point due = deadline_after(by->now(), options.timeout);
  int status = 0;
  try {
    by->run(with_deadline(due, listen(*by, options, status)));
  } catch (const error& why) {  // whichever of its waits it was that heard of it first
    if (status_of(why) != status::timed_out || by->now() < due) throw;
    throw error{why.code(), "listen", "",
                "the whole run had " + duration_text(options.timeout) + ": --timeout says how long"};
  }
  return status;
}

}  // namespace ahoy::inline v0
