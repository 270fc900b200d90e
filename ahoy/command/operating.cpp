#include <ahoy/command/listen_rules.hpp>
#include <ahoy/command/operating.hpp>
#include <ahoy/error/error.hpp>
#include <ahoy/error/escape.hpp>
#include <ahoy/task/scope.hpp>

#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

namespace ahoy::inline v0 {

namespace {

bool is_hung_up(int terminal) noexcept {
  pollfd asked{terminal, 0, 0};
  return ::poll(&asked, 1, 0) == 1 && (asked.revents & POLLHUP) != 0 && ::isatty(terminal) == 0 &&
         errno == EIO;
}

/// A terminal that is gone, and not a pipe whose other end is.
bool has_lost_terminal() noexcept { return is_hung_up(STDIN_FILENO) || is_hung_up(STDERR_FILENO); }

std::optional<user_identity> user_of(const listen_options& options) {
  if (options.user.empty()) return std::nullopt;
  user_identity who = find_user(options.user);
  check_can_become(who);
  return who;
}

}  // namespace

operating::operating(engine& by, const listen_options& options, server& of, listen_report& report,
                     const inheritance& inherited)
    : by_{by},
      options_{options},
      serving_{of},
      report_{report},
      user_{user_of(options)},
      successor_of_{inherited.successor_of},
      signals_{by, {SIGHUP, SIGUSR2}} {
  for (inherited_socket& each : claim(inherited, options.on)) serving_.inherit(std::move(each));
  report_.when_bound = [this] { bound(); };
  report_.when_ready = [this] { ready(); };
}

void operating::bound() {
  if (!user_) return;
  for (const listening_socket& each : serving_.listening()) {
    const bool has_file = each.on.family() == family::local && each.file == file_is::ours;
    if (has_file && ::geteuid() == 0) give_socket_file(each.on.host(), *user_);
  }
  become(*user_);
  tell_what_is_unreadable();
}

/// Better now than when somebody has to be kept out at once.
void operating::tell_what_is_unreadable() {
  for (const std::string& each : files_of_rules(options_))
    if (::access(each.c_str(), R_OK) != 0)
      report_.note(fmt::format("ahoy: --user {} may not read {}: SIGHUP and SIGUSR2 will be refused",
                               escape(options_.user), escape(each)));
  const std::string& own = options_.identity.file;
  if (!own.empty() && ::access(own.c_str(), R_OK) != 0)
    report_.note(fmt::format(
        "ahoy: --user {} may not read {}, our key: SIGUSR2 will be refused; --cert FILE names one "
        "that it may",
        escape(options_.user), escape(own)));
}

void operating::ready() {
  serves_ = true;
  if (successor_of_)
    tell_ready(*successor_of_);
  else
    manager_.ready("serves");
}

void operating::stops() noexcept {
  is_ending_ = true;
  if (!next_) manager_.stopping();
}

task<> operating::obey_signals() {
  for (;;) {
    const int signal = co_await signals_.next();
    co_await obey(signal);
  }
}

bool operating::is_end_of_terminal(int signal) const noexcept {
  return signal == SIGHUP && (signals_.was_of_system() || has_lost_terminal());
}

void operating::end_with_terminal() noexcept {
  stops();
  serving_.stop();
}

task<> operating::obey(int signal) {
  if (is_end_of_terminal(signal)) {
    end_with_terminal();
  } else if (signal == SIGHUP) {
    reload();
  } else {
    co_await be_succeeded();
  }
}

void operating::note_failure(std::string_view what, const error& why) {
  if (why.code() == std::errc::no_such_process)  // one that has ended: how says all
    return report_.note(fmt::format("ahoy: {}: {}", what, why.hint()));
  const std::string hint = why.hint().empty() ? "" : "; " + why.hint();
  report_.note(fmt::format("ahoy: {}: {}{}", what, why.what(), hint));
}

void operating::reload() {
  manager_.reloading();
  if (when_reloading) when_reloading();
  std::string state = "serves";
  try {
    listen_rules next = read_rules(options_);
    const std::string summary = next.summary();
    serving_.reload(std::move(next.rules));
    report_.note("reloaded: " + summary);
  } catch (const error& why) {
    note_failure("not reloaded, and nothing has changed", why);
    state += fmt::format("; not reloaded: {}", why.what());
  }
  manager_.ready(state);
}

std::string operating::why_not_succeeded() const {
  if (next_) return "a successor was started already";
  if (options_.server.once) return "--once has one caller, whom no other process can serve";
  if (::isatty(STDIN_FILENO) == 1) return "whoever types at this terminal would talk to both";
  if (!serves_ || is_ending_) return "it does not serve";
  return {};
}

task<> operating::be_succeeded() {
  const std::string refusal = why_not_succeeded();
  if (!refusal.empty()) {
    report_.note("ahoy: no successor is started: " + refusal);
    co_return;
  }
  next_.emplace(by_, manager_.variable());
  std::optional<error> failure;
  try {
    co_await next_->start(serving_.listening(), options_.on);
  } catch (const error& why) {
    failure = why;
  }
  if (!failure && is_ending_) {
    next_->dismiss();
    failure.emplace(system_code(ECANCELED), "start", "a successor", "this process was told to end");
  }
  if (failure) {
    next_.reset();
    if (failure->code() == std::errc::operation_canceled && !is_ending_) throw error{*failure};
    note_failure(is_ending_ ? "there is no successor" : "this process goes on, since there is no successor",
                 *failure);
    co_return;
  }
  manager_.succeeded_by(next_->number());
  report_.note(
      fmt::format("process {} serves from now on; callers who are here may finish", next_->number()));
  if (when_retired) when_retired();
  serving_.retire();
  co_await when_any(tasks(pass_on_signals(), outlive_successor()));
}

/// Whoever wants files to be read means who answers new callers by now. That includes what has come while the
/// successor began: it may have read them before they were changed. The log both write.
task<> operating::pass_on_signals() {
  for (;;) {
    const int signal = co_await signals_.next();
    if (is_end_of_terminal(signal)) {
      end_with_terminal();
    } else if (signal == SIGHUP) {
      if (when_reloading) when_reloading();
      next_->pass_on(signal);
    } else {
      report_.note("ahoy: no successor is started: " + why_not_succeeded());
    }
  }
}

task<> operating::outlive_successor() {
  const std::string end = co_await next_->ended();
  if (!end.empty()) report_.note("ahoy: the successor has ended while callers were still here: " + end);
}

}  // namespace ahoy::inline v0
