#include <ahoy/connection/carry.hpp>
#include <ahoy/connection/stream.hpp>
#include <ahoy/error/error.hpp>
#include <ahoy/error/escape.hpp>
#include <ahoy/server/callers.hpp>
#include <ahoy/server/datagram_request.hpp>
#include <ahoy/server/wire.hpp>
#include <ahoy/server/worker.hpp>
#include <ahoy/task/scope.hpp>

#include <poll.h>
#include <unistd.h>

#include <memory>
#include <unordered_map>

namespace ahoy::inline v0 {

namespace {

/// What a caller says, to a handler at the server, which may be gone before its caller ends.
task<> pass_on(connection& caller, stream& handler, bool& handler_waits) {
  try {
    co_await carry_one_way(caller, handler);
    handler_waits = !handler.is_hung_up();
  } catch (const error& failure) {
    const bool is_gone =
        failure.code() == std::errc::broken_pipe || failure.code() == std::errc::connection_reset;
    if (!is_gone || failure.address() != handler.label()) throw;
    handler_waits = false;
  }
}

/// What the handler says. Once it is gone it is for the server to end the caller's connection, well or not.
task<> pass_back(stream& handler, connection& caller) {
  for (;;) {
    bytes said = co_await handler.receive();
    if (said.empty()) break;
    co_await caller.send(said);
  }
  if (!handler.is_hung_up()) caller.shutdown_send();
}

/// One caller while it is served here.
struct job {
  job(context& parent, std::unique_ptr<connection> caller, fd second)
      : where{parent}, peer{std::move(caller)}, second{std::move(second)} {}
  context where;
  std::unique_ptr<connection> peer;
  fd second;             // where its bytes are carried to
  bool is_lent = false;  // the descriptor of the connection stays the server's
  bool is_carried = false;
  bool is_stuck = false;  // cut, since its caller takes nothing of what is left
};

class worker_run {
 public:
  worker_run(engine& by, int reports, handler& how, handler_is whose, context& here)
      : by_{by}, reports_{reports}, how_{how}, whose_{whose}, serving_{here} {}

  task<> run(descriptor& wire) {
    for (;;) {
      std::optional<order> next = co_await receive_order(wire);
      if (!next) break;
      obey(std::move(*next));
    }
    serving_.stop();
    co_await serving_.join();
  }

  /// One caller, from the order to its end.
  task<std::string> run_once(order& what, descriptor& bell) {
    serves_once_ = true;
    context& here = co_await this_context();
    scope listening{here};
    listening.start(listen_to(bell, what.job, what.patience));
    obey(std::move(what));
    co_await serving_.join();
    is_over_ = true;  // not by a stop, whose exception is what a short conversation costs
    if (bell.reading()) by_.complete(*bell.reading(), 0);
    co_await listening.join();
    co_return why_;
  }

 private:
  void obey(order what) {
    if (what.what <= order_kind::carry)
      begin(std::move(what));
    else
      obey(what.what, what.job, what.patience);
  }

  void obey(order_kind what, std::uint64_t number, duration patience) {
    const auto found = jobs_.find(number);
    if (found == jobs_.end()) return;  // it has ended meanwhile
    if (what == order_kind::finish)
      finish(number, *found->second, patience);
    else
      found->second->where.stop();
  }

  void finish(std::uint64_t number, job& of, duration patience) {
    if (whose_ == handler_is::own && !of.is_carried) how_.end();
    of.peer->shutdown_receive();
    if (of.is_carried) serving_.start(cut_when_stuck(number, patience));
  }

  /// Nobody else sees that its caller takes nothing any more: the server has said its last.
  task<> cut_when_stuck(std::uint64_t number, duration patience) {
    std::optional<std::uint64_t> before;
    for (auto found = jobs_.find(number); found != jobs_.end(); found = jobs_.find(number)) {
      const std::uint64_t now = found->second->peer->progress();
      if (before == now) co_return cut_stuck(*found->second);
      before = now;
      co_await by_.sleep(patience);
    }
  }

  static void cut_stuck(job& of) noexcept {
    of.is_stuck = true;
    of.where.stop();
  }

  void refuse(std::uint64_t number) noexcept {
    if (serves_once_) return;  // its outcome is what why_ says from the start
    report shortage;
    shortage.what = report_kind::refused;
    shortage.job = number;
    send_report(reports_, shortage);
  }

  /// What is told of the one caller.
  task<> listen_to(descriptor& bell, std::uint64_t number, duration patience) {
    while (!is_over_) {
      co_await by_.ready_unhurried(bell, POLLIN);
      const rung told = heard(bell.number());
      if (told.finish) obey(order_kind::finish, number, patience);
      if (told.cut) obey(order_kind::cut, number, patience);
    }
  }

  void begin(order what) {
    const order_kind kind = what.what;
    const std::uint64_t number = what.job;
    const bool is_lent = what.lent >= 0 && kind != order_kind::answer;
    if (what.lent >= 0) what.first = is_lent ? fd{what.lent} : fd::duplicate(what.lent);
    if (!what.first || (kind == order_kind::carry && !what.second)) return refuse(number);
    std::unique_ptr<connection> caller = open(what);
    caller->set_timeout(what.timeout);
    auto made = std::make_unique<job>(serving_.where(), std::move(caller), std::move(what.second));
    job& begun = *made;
    begun.is_carried = kind == order_kind::carry;
    begun.is_lent = is_lent;
    jobs_.emplace(number, std::move(made));
    serving_.start(serve(number, kind, begun));
  }

  std::unique_ptr<connection> open(order& from) {
    if (from.what != order_kind::answer)
      return std::make_unique<stream>(by_, std::move(from.first), from.remote, std::move(from.label));
    return std::make_unique<datagram_request>(by_, std::move(from.first),
                                              datagram_header{from.remote, from.local, from.mark},
                                              std::move(from.data));
  }

  task<> serve(std::uint64_t number, order_kind kind, job& of) {
    report done;
    done.job = number;
    if (kind == order_kind::carry)
      done.text = co_await carry_to_the_end(of).in(of.where);
    else
      done.text = co_await serve_to_the_end(how_, *of.peer).in(of.where);
    if (of.is_stuck) done.text = cause_in_words(make_error_code(errc::too_slow));
    if (of.is_lent) static_cast<void>(of.peer->native()->release().release());
    of.peer.reset();
    of.second.reset();
    const auto owned = jobs_.extract(number);
    why_ = done.text;
    if (serves_once_)
      serving_.stop();  // what watches over it
    else
      send_report(reports_, done);
  }

  task<std::string> carry_to_the_end(job& of) {
    std::string why = "done";
    try {
      stream other{by_, std::move(of.second)};
      other.set_label("the handler");  // no caller is called so
      bool handler_waits = true;
      co_await when_all(tasks(pass_on(*of.peer, other, handler_waits), pass_back(other, *of.peer)));
      if (handler_waits && of.peer->left_unheard()) why = callers::in_words(callers::cut::server_ends);
    } catch (const error& failure) {
      why = cause_in_words(failure.code());
    } catch (const std::exception& failure) {
      why = escape(failure.what());
    }
    co_return why;
  }

  engine& by_;
  int reports_;
  handler& how_;
  handler_is whose_;
  scope serving_;
  std::string why_ = "its worker found no descriptor";  // of the job that ended last
  bool serves_once_ = false;
  bool is_over_ = false;  // the one job
  std::unordered_map<std::uint64_t, std::unique_ptr<job>> jobs_;
};

task<> run_worker(engine& by, fd end, handler& how, handler_is whose) {
  context& here = co_await this_context();
  descriptor wire{by, std::move(end)};
  worker_run one{by, wire.number(), how, whose, here};
  co_await one.run(wire);
}

/// By reference: of a frame of a kilobyte and more malloc makes much ado (malloc_consolidate).
task<> run_once(engine& by, order& what, int number, int reports, handler& how, handler_is whose,
                std::string& why) {
  context& here = co_await this_context();
  descriptor bell{by, fd{number}};
  worker_run one{by, reports, how, whose, here};
  why = co_await one.run_once(what, bell);
  static_cast<void>(bell.release().release());  // it is the server's
}

/// What is logged here is written down by the server, on its own thread.
log_function log_over(int wire) {
  return [wire](log_level level, std::string_view line) {
    report said;
    said.what = report_kind::logged;
    said.level = level;
    said.text = line;
    send_report(wire, said);
  };
}

/// Of what is over a limit, with that.
std::string cause_of(const error& failure) {
  const std::string cause = cause_in_words(failure.code());
  const bool has_limit = failure.code() == errc::too_long && !failure.hint().empty();
  return has_limit ? cause + ": " + failure.hint() : cause;
}

}  // namespace

std::string how_it_ended(const std::exception_ptr& thrown, const connection& peer) try {
  if (thrown) std::rethrow_exception(thrown);
  return std::string{peer.left_unheard() ? callers::in_words(callers::cut::server_ends) : "done"};
} catch (const error& failure) {
  const bool concerns_caller = failure.address().empty() || failure.address() == peer.label();
  if (failure.code() == std::errc::operation_canceled)
    return std::string{callers::in_words(callers::cut::server_ends)};
  return concerns_caller ? cause_of(failure) : escape_controls(failure.what());
} catch (const std::exception& failure) {
  return escape(failure.what());
} catch (...) {
  return "the handler failed";
}

task<std::string> serve_to_the_end(handler& how, connection& peer) {
  std::exception_ptr thrown;
  try {
    co_await how.serve(peer);
  } catch (...) {
    thrown = std::current_exception();
  }
  co_return how_it_ended(thrown, peer);
}

void work(fd wire, handler& how, handler_is whose, engine_choice on) noexcept {
  const log_redirection to_server{log_over(wire.get())};
  std::unique_ptr<engine> by;
  try {
    by = make_engine(on);
  } catch (const std::exception& failure) {
    log(log_level::error, std::string{"a worker ended: "} + failure.what());
    return;
  }
  try {
    by->run(run_worker(*by, std::move(wire), how, whose));
  } catch (const std::exception&) {
    // The wire has ended with it, which is how the server knows.
  }
}

std::string work_once(engine& by, order what, int bell, int reports, handler& how,
                      handler_is whose) noexcept {
  std::string why;
  try {
    const log_redirection to_server{log_over(reports)};
    by.run(run_once(by, what, bell, reports, how, whose, why));
  } catch (const std::exception& failure) {
    why = escape(failure.what());
  }
  return why;
}

}  // namespace ahoy::inline v0
