#include <ahoy/connection/carry.hpp>
#include <ahoy/connection/farewell.hpp>
#include <ahoy/connection/stream.hpp>
#include <ahoy/error/error.hpp>
#include <ahoy/error/escape.hpp>
#include <ahoy/server/callers.hpp>
#include <ahoy/server/datagram_request.hpp>
#include <ahoy/server/no_memory.hpp>
#include <ahoy/server/wire.hpp>
#include <ahoy/server/worker.hpp>
#include <ahoy/task/scope.hpp>

#include <poll.h>
#include <unistd.h>

#include <cassert>
#include <cerrno>
#include <map>
#include <memory>
#include <new>
#include <optional>

namespace ahoy::inline v0 {

namespace {

/// Whether the handler at the server has ended, which may leave unread what its caller said. Why it did, the
/// server knows.
bool is_gone(const stream& handler, const error& failure) {
  const bool is_end = failure.code() == std::errc::broken_pipe ||
                      (failure.code() == std::errc::connection_reset && handler.is_hung_up());
  return is_end && failure.address() == handler.label();
}

/// What a caller says, to a handler which may be gone before its caller ends.
task<> pass_on(connection& caller, stream& handler, bool& handler_waits) {
  try {
    co_await carry_one_way(caller, handler);
    handler_waits = !handler.is_hung_up();
  } catch (const error& failure) {
    if (!is_gone(handler, failure)) throw;
    handler_waits = false;
  }
}

/// What the handler says. Once it is gone it is for the server to end the caller's connection, well or not.
task<> pass_back(stream& handler, connection& caller) {
  try {
    co_await carry_all(handler, caller);
  } catch (const error& failure) {
    if (!is_gone(handler, failure)) throw;
  }
  if (!handler.is_hung_up()) caller.shutdown_send();
}

/// A caller whose socket stays the server's: it is let go, and never closed here.
class lent_stream final : public stream {
 public:
  lent_stream(ahoy::engine& by, int lent, const address& remote, std::string label)
      : stream{by, fd{lent}, remote, std::move(label)} {}
  ~lent_stream() override {
    wake_late(false);
    static_cast<void>(native()->release().release());
  }
};

/// A bell that stays the server's.
class lent_bell {
 public:
  lent_bell(engine& by, int lent) noexcept : bell_{by, fd{lent}} {}
  lent_bell(const lent_bell&) = delete;
  lent_bell& operator=(const lent_bell&) = delete;
  ~lent_bell() { static_cast<void>(bell_.release().release()); }
  [[nodiscard]] descriptor& get() noexcept { return bell_; }

 private:
  descriptor bell_;
};

/// One caller while it is served here.
struct job {
  job(context& parent, std::unique_ptr<connection> caller, fd second, bool is_carried)
      : where{parent}, peer{std::move(caller)}, second{std::move(second)}, is_carried{is_carried} {}
  context where;
  std::unique_ptr<connection> peer;
  secure_connection* secure = nullptr;  // the same, where TLS is spoken with it
  fd second;                            // where its bytes are carried to
  bool is_carried;
  duration patience = no_timeout;
  bool is_stuck = false;  // cut, since its caller takes nothing of what is left
};

/// Of what is over a limit or was cut short, with that; of TLS, with what was wrong.
std::string cause_of(const error& failure) {
  const std::string cause = cause_in_words(failure.code());
  const bool of_tls = failure.verb() == "begin TLS with" || failure.verb() == "prove token to" ||
                      failure.code() == errc::not_trusted;
  const bool of_end = failure.code() == errc::too_long || failure.code() == errc::cut_short ||
                      failure.code() == std::errc::timed_out;
  const bool says_more = (of_end || of_tls) && !failure.hint().empty();
  return says_more ? cause + ": " + failure.hint() : cause;
}

class worker_run {
 public:
  worker_run(engine& by, int reports, handler& how, handler_is whose, const security* tls)
      : by_{by}, reports_{reports}, how_{how}, whose_{whose}, tls_{tls} {}

  task<> run(descriptor& wire) {
    try {
      for (;;) {
        std::optional<order> next = co_await receive_order(wire);
        if (!next) break;
        obey(std::move(*next));
      }
    } catch (const std::bad_alloc&) {
      log(log_level::error, "a worker ended: out of memory");  // the server has others, or starts one
    }
    serving_.stop();
    co_await serving_.join();
  }

  /// One caller, from the order to its end, which is waited for where the bell is heard.
  task<> run_once(order& what, descriptor& bell) {
    bell_ = &bell;
    const std::uint64_t number = what.job;
    const duration patience = what.patience;
    begin(std::move(what));
    while (!jobs_.empty()) {
      co_await by_.ready_unhurried(bell, POLLIN);
      if (!jobs_.empty()) heed(heard(bell.number()), number, patience);
    }
    co_await serving_.join();
  }
  /// How the job that ended last did.
  [[nodiscard]] std::string why() && { return std::move(why_).value_or("its worker found no descriptor"); }

 private:
  void heed(rung told, std::uint64_t number, duration patience) {
    if (told.finish) obey(order_kind::finish, number, patience);
    if (told.cut) obey(order_kind::cut, number, patience);
  }

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
      finish(number, found->second, patience);
    else
      found->second.where.stop();
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
      const std::uint64_t now = found->second.peer->progress();
      if (before == now) co_return cut_stuck(found->second);
      before = now;
      co_await by_.sleep(patience);
    }
  }

  static void cut_stuck(job& of) noexcept {
    of.is_stuck = true;
    of.where.stop();
  }

  /// To one who serves once its outcome says so, from the start.
  void refuse(std::uint64_t number) noexcept {
    if (!bell_) report_end(reports_, report_kind::refused, number, {});
  }

  void begin(order what) {
    const order_kind kind = what.what;
    const bool is_carried = kind == order_kind::carry;
    std::unique_ptr<connection> caller = open_plain(what);
    if (!caller || (is_carried && !what.second)) return refuse(what.job);
    caller->set_timeout(what.timeout);
    const auto [begun, is_new] =
        jobs_.try_emplace(what.job, serving_.where(), std::move(caller), std::move(what.second), is_carried);
    assert(is_new && "each job has a number of its own");
    begun->second.patience = what.patience;
    try {
      if (what.is_secure) secure(begun->second, what.agreed_by);
      serving_.start(serve(begun->first, begun->second));
    } catch (...) {
      jobs_.erase(begun);
      throw;
    }
  }

  /// Null where no descriptor was left for it.
  std::unique_ptr<connection> open_plain(order& from) {
    return from.what == order_kind::answer ? open_request(from) : open_stream(from);
  }

  void secure(job& of, time_point agreed_by) {
    std::string name = of.peer->label();
    std::unique_ptr<secure_connection> made = tls_->over(std::move(of.peer), {}, std::move(name));
    made->agree_by(agreed_by);
    of.secure = made.get();
    of.peer = std::move(made);
  }

  std::unique_ptr<connection> open_stream(order& from) {
    if (from.lent >= 0)
      return std::make_unique<lent_stream>(by_, from.lent, from.remote, std::move(from.label));
    if (!from.first) return nullptr;
    return std::make_unique<stream>(by_, std::move(from.first), from.remote, std::move(from.label));
  }

  std::unique_ptr<connection> open_request(order& from) {
    fd own = from.lent >= 0 ? fd::duplicate(from.lent) : std::move(from.first);
    if (!own) return nullptr;
    return std::make_unique<datagram_request>(
        by_, std::move(own), datagram_header{from.remote, from.local, from.mark}, std::move(from.data));
  }

  task<> serve(std::uint64_t number, job& of) {
    try {
      why_ = co_await converse(number, of).in(of.where);
      if (why_ == "done") co_await last_word(*of.peer, of.patience).in(of.where);
    } catch (const std::bad_alloc&) {  // else the server would wait for its end
      why_ = no_memory;
    }
    if (of.is_stuck) why_ = cause_in_words(make_error_code(errc::too_slow));
    jobs_.erase(number);
    if (bell_)
      end_once();
    else
      report_end(reports_, report_kind::done, number, *why_);
  }

  /// Whoever has not agreed on TLS is heard by nobody.
  task<std::string> converse(std::uint64_t number, job& of) {
    std::exception_ptr refused;
    try {
      if (of.secure) co_await agree(number, *of.secure);
    } catch (...) {
      refused = std::current_exception();
    }
    if (refused) co_return how_it_ended(refused, *of.peer);
    task<std::string> talk = of.is_carried ? carry_to_the_end(of) : serve_to_the_end(how_, *of.peer);
    std::string why = co_await std::move(talk);
    co_return why;
  }

  task<> agree(std::uint64_t number, secure_connection& with) {
    co_await with.handshake();
    const std::string key = with.peer_key();
    report_end(reports_, report_kind::agreed, number, with.version() + (key.empty() ? "" : " " + key));
  }

  /// Whoever waits at the bell, or watches over the job. No stop for the former, whose exception is what a
  /// short conversation costs.
  void end_once() noexcept {
    if (bell_->reading()) by_.complete(*bell_->reading(), 0);
    serving_.stop();
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
      why = cause_of(failure);
    } catch (const std::bad_alloc&) {
      why = no_memory;
    } catch (const std::exception& failure) {
      why = escape(failure.what());
    }
    co_return why;
  }

  engine& by_;
  int reports_;
  handler& how_;
  handler_is whose_;
  const security* tls_;
  context where_;  // a worker ends where it is told to
  scope serving_{where_};
  std::optional<std::string> why_;
  descriptor* bell_ = nullptr;  // of one that serves once
  std::map<std::uint64_t, job> jobs_;
};

/// What is logged here is written down by the server, on its own thread.
log_function log_over(int wire) {
  return [wire](log_level level, std::string_view line) { report_line(wire, level, line); };
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
} catch (const std::bad_alloc&) {
  return no_memory;
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

void work(fd wire, handler& how, handler_is whose, engine_choice on, const security* tls) noexcept {
  const log_redirection to_server{log_over(wire.get())};
  std::unique_ptr<engine> by;
  try {
    by = make_engine(on);
  } catch (const std::bad_alloc&) {
    log(log_level::error, "a worker ended: out of memory");
    return;
  } catch (const std::exception& failure) {
    log(log_level::error, std::string{"a worker ended: "} + failure.what());
    return;
  }
  descriptor end{*by, std::move(wire)};
  worker_run one{*by, end.number(), how, whose, tls};
  try {
    by->run(one.run(end));
  } catch (const std::exception&) {
    // The wire has ended with it, which is how the server knows.
  }
}

std::string work_once(engine& by, order what, int bell, int reports, handler& how, handler_is whose,
                      const security* tls) noexcept try {
  const log_redirection to_server{log_over(reports)};
  worker_run one{by, reports, how, whose, tls};
  lent_bell told{by, bell};
  by.run(one.run_once(what, told.get()));
  return std::move(one).why();
} catch (const std::bad_alloc&) {
  return no_memory;
} catch (const std::exception& failure) {
  return escape(failure.what());
}

}  // namespace ahoy::inline v0
