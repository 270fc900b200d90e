#include <ahoy/error/error.hpp>
#include <ahoy/server/datagram_request.hpp>
#include <ahoy/server/entrusted_caller.hpp>
#include <ahoy/server/stand_in.hpp>
#include <ahoy/server/worker.hpp>
#include <ahoy/server/worker_pool.hpp>

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <utility>

namespace ahoy::inline v0 {

namespace {

/// One that was cut has this long before it is killed: a blocking engine notices within 0.4 s. No less than
/// this has a caller to take what was said to it.
constexpr duration grace = std::chrono::seconds{1};

order order_for(connection& peer, std::uint64_t job) {
  order what;
  what.job = job;
  what.label = peer.own_label();
  what.remote = peer.remote();
  what.timeout = peer.timeout();
  if (const auto* secure = dynamic_cast<const entrusted_caller*>(&peer)) {
    what.is_secure = true;
    what.agreed_by = secure->agreed_by();
  }
  if (peer.native()) {
    what.lent = peer.native()->number();
    return what;
  }
  const auto& asked = static_cast<const datagram_request&>(peer);
  what.what = order_kind::answer;
  what.lent = asked.socket();
  what.remote = asked.header().peer;
  what.local = asked.header().local;
  what.mark = asked.header().mark;
  what.data = asked.data();
  return what;
}

std::pair<fd, fd> open_pair() {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
    throw error{system_code(errno), "start", "a worker"};
  return {fd{ends[0]}, fd{ends[1]}};
}

task<> one_after_the_other(std::vector<task<>> all) {
  for (task<>& each : all) co_await std::move(each);
}

task<> nothing_to_do() { co_return; }

/// For as long as a caller is served by a worker.
class entry {
 public:
  entry(std::vector<std::shared_ptr<assignment>>& in, std::shared_ptr<assignment> of)
      : in_{in}, of_{std::move(of)} {
    in_.push_back(of_);
  }
  entry(const entry&) = delete;
  entry& operator=(const entry&) = delete;
  ~entry() { std::erase(in_, of_); }

 private:
  std::vector<std::shared_ptr<assignment>>& in_;
  std::shared_ptr<assignment> of_;
};

}  // namespace

worker_pool::worker_pool(engine& by, handler& how, const server_options& options,
                         const renewable_security* renewed)
    : by_{by},
      how_{how},
      options_{options},
      renewed_{renewed},
      kept_{by, options.workers, options.model == model::event,
            [this](fd wire) { return start_kept(std::move(wire)); }} {
  if (options.workers == 0) own_.emplace(by, how, options.tls.get());
}

std::unique_ptr<worker> worker_pool::start_kept(fd wire) {
  const int own[] = {wire.get()};
  if (options_.model == model::process)
    return start_process(by_, as_, own, [this, &wire] {
      work(std::move(wire), how_, handler_is::own, engine_choice::blocking, options_.tls.get());
    });
  const engine_choice on = options_.model == model::thread ? engine_choice::blocking : options_.engine;
  return start_thread(
      [end = std::make_shared<fd>(std::move(wire)), &how = how_, on, tls = options_.tls.get()] {
        work(std::move(*end), how, handler_is::shared, on, tls);
      });
}

/// A process has a copy of what TLS was when it began; a thread has TLS itself.
void worker_pool::renew_processes() {
  if (!renewed_ || options_.model != model::process || renewals_ == renewed_->renewals()) return;
  renewals_ = renewed_->renewals();
  kept_.renew();
}

std::shared_ptr<assignment> worker_pool::entrust(order what) {
  if (what.is_secure) renew_processes();
  if (options_.workers > 0) return kept_.engage(std::move(what));
  if (options_.model == model::process) return own_->engage_process(as_, std::move(what));
  return own_->engage_thread(std::move(what));
}

std::shared_ptr<assignment> worker_pool::engage(connection& peer) {
  order what = order_for(peer, ++last_job_);
  what.patience = std::max(options_.drain, grace);
  fd here;
  if (how_.callers_meet()) {
    what.what = order_kind::carry;
    std::tie(here, what.second) = open_pair();
  }
  std::shared_ptr<assignment> by = entrust(std::move(what));
  by->here = std::move(here);
  return by;
}

task<std::string> worker_pool::serve(std::shared_ptr<assignment> by, connection& peer) {
  return by->here ? serve_here(std::move(by), peer) : see_to_the_end(std::move(by));
}

/// In a context apart: it is waited for all the same, since it has the caller's socket, too.
task<> worker_pool::cut(assignment& job) {
  try {
    co_await job.tell(order_kind::cut);
    co_await with_deadline(deadline_after(by_.now(), grace), job.wait());
  } catch (const std::system_error&) {
    job.kill();
  }
  co_await job.wait();
}

task<outcome> worker_pool::see_through(assignment& job) {
  co_await job.begin();
  bool is_cut = false;
  try {
    if (hears_nobody_) co_await job.tell(order_kind::finish);
    co_await job.wait();
  } catch (const std::system_error&) {
    is_cut = true;
  }
  if (is_cut) {
    context apart;
    co_await cut(job).in(apart);
  }
  co_return job.how_it_ended();
}

task<std::string> worker_pool::see_to_the_end(std::shared_ptr<assignment> job) {
  const entry own{under_way_, job};
  outcome how = co_await see_through(*job);
  while (how.what == outcome::kind::not_taken && job->pass_on()) how = co_await see_through(*job);
  if (how.what == outcome::kind::refused) throw error{system_code(EMFILE), "start", "a worker"};
  co_return std::move(how.why);
}

/// A caller whose bytes are carried to where its handler is.
struct worker_pool::carrying {
  explicit carrying(engine& by) : changed{by} {}
  event changed;
  bool is_agreed = false;
  bool is_over = false;
  std::string why;
  std::exception_ptr failure;
};

/// Where it fails, the caller must not be carried by a worker whom nobody sees to.
task<> worker_pool::carry_and_notify(std::shared_ptr<assignment> job, carrying& how) {
  try {
    how.why = co_await see_to_the_end(job);
  } catch (...) {
    how.failure = std::current_exception();
    job->kill();
  }
  how.is_over = true;
  how.changed.notify();
}

/// The handler must not meet others before it is known that its caller may.
task<> worker_pool::until_agreed(assignment& by, carrying& how) {
  if (!by.agreed) {
    how.is_agreed = true;
    co_return;
  }
  by.agreed = [&how, tell = std::move(by.agreed)](std::string_view what) {
    tell(what);
    how.is_agreed = true;
    how.changed.notify();
  };
  while (!how.is_agreed && !how.is_over) co_await how.changed.wait();
}

/// What befell the caller's own connection is told by whoever had it.
task<std::string> worker_pool::serve_here(std::shared_ptr<assignment> by, connection& peer) {
  context& here = co_await this_context();
  scope beside{here};
  context apart;
  carrying how{by_};
  std::string why = "done";
  // All there before the first begins, which nobody would join else where memory runs out.
  task<> agreeing = until_agreed(*by, how);
  std::optional serving{serve_through(std::move(by->here), peer)};
  task<> finishing = by->tell(order_kind::finish);
  beside.start(carry_and_notify(by, how));
  try {
    co_await std::move(agreeing).in(apart);
    if (how.is_agreed && !here.stopped()) why = co_await std::move(*serving);
    serving.reset();  // and with it the handler's end
    co_await std::move(finishing).in(apart);
  } catch (...) {
    if (!how.failure) how.failure = std::current_exception();
    by->kill();
  }
  serving.reset();
  co_await beside.join();
  if (how.failure) std::rethrow_exception(how.failure);
  co_return how.why == "done" ? why : how.why;
}

task<std::string> worker_pool::serve_through(fd end, connection& peer) {
  stand_in caller{peer, std::move(end)};
  std::string why = co_await serve_to_the_end(how_, caller);
  co_return why;
}

/// Those who come to a worker later, since they waited for one, are told so then.
task<> worker_pool::end_receiving() {
  hears_nobody_ = true;
  const std::vector<std::shared_ptr<assignment>> all = under_way_;
  for (const auto& each : all) co_await each->tell(order_kind::finish);
}

task<> worker_pool::close() {
  return one_after_the_other(tasks(kept_.close(), own_ ? own_->close() : nothing_to_do()));
}

}  // namespace ahoy::inline v0
