#include <ahoy/connection/farewell.hpp>
#include <ahoy/connection/tls_hello.hpp>
#include <ahoy/error/error.hpp>
#include <ahoy/error/log.hpp>
#include <ahoy/server/backoff.hpp>
#include <ahoy/server/entrusted_caller.hpp>
#include <ahoy/server/first_record.hpp>
#include <ahoy/server/no_memory.hpp>
#include <ahoy/server/server_run.hpp>
#include <ahoy/server/stall_watch.hpp>
#include <ahoy/server/worker.hpp>

#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <new>

namespace ahoy::inline v0 {

namespace {

constexpr duration most_time_to_part = std::chrono::seconds{2};

std::unique_ptr<worker_pool> make_pool(engine& by, handler& how, const server_options& options,
                                       const renewable_security* tls) {
  const bool has_workers = options.model == model::process || options.model == model::thread ||
                           (options.model == model::event && options.workers > 1);
  return has_workers ? std::make_unique<worker_pool>(by, how, options, tls) : nullptr;
}

/// How many are served at the same time.
std::size_t most_at_once(const server_options& options) noexcept {
  if (options.model == model::iterative) return 1;
  const bool one_each = options.model == model::process || options.model == model::thread;
  return one_each && options.workers > 0 ? options.workers : SIZE_MAX;
}

/// How a conversation ended: what the server did counts before what came of it.
std::string unless_cut(const callers::caller& who, const std::string& why, const server_options& options) {
  const bool is_cut = why != "done" && (who.stopped() || why == cause_in_words(system_code(ECANCELED)));
  if (!is_cut) return why;
  if (who.why_cut == callers::cut::stalled) return stalled_in_words(options.stall_timeout);
  return std::string{callers::in_words(who.why_cut)};
}

}  // namespace

server_run::server_run(server& of, ahoy::engine& by, context& where)
    : of_{of},
      by_{by},
      conversations_{where, this},
      patience_{where},
      acceptors_{where},
      services_{where},
      pool_{make_pool(by, *of.handler_, of.options_, of.tls_.get())},
      turns_{by, most_at_once(of.options_)},
      reception_{by, of.options_, of.callers_, *of.observer_, of.handler_->tells_others()},
      entrances_{by, of.options_, of.inherited_} {
  if (!pool_) return;
  for (const inherited_socket& each : of.inherited_) pool_->hide_from_workers(each.socket.get());
}

bool server_run::is_welcome(const address& caller) const noexcept { return of_.filter()->admits(caller); }

/// Its end is made ahead, and takes no memory: there may be none.
task<> server_run::run() {
  std::optional<task<>> closing;
  if (pool_) closing.emplace(pool_->close());
  try {
    keep(watch_stop());
    keep(reception_.tell_untold_in_time());
    const bool watches = options().stall_timeout != no_timeout && !of_.handler_->callers_meet();
    if (watches) keep(cut_who_stalls());
    co_await entrances_.open(of_.endpoints_);
    told().bound();
    if (pool_) pool_->start();
    for (const listening_socket& each : listening())
      told().listening(of_.endpoints_[each.endpoint].scheme, each.on);
    told().ready();
    log(log_level::notice, description(by_));
    co_await accept_all();
    if (!failure_) co_await drain();
  } catch (...) {
    failed();
  }
  ending_ = true;
  conversations_.stop();
  patience_.stop();
  try {  // what throws must not keep the others from being joined
    co_await conversations_.join();
  } catch (...) {
    failed();
  }
  context apart;
  try {
    if (closing) co_await std::move(*closing).in(apart);
  } catch (...) {
    failed();
  }
  over_ = true;
  services_.stop();
  try {
    co_await services_.join();
  } catch (...) {
    failed();
  }
  reception_.tell_untold();
  if (failure_) std::rethrow_exception(failure_);
}

/// The first failure is the one to tell. Called where an exception is being handled.
void server_run::failed() noexcept {
  if (!failure_) failure_ = std::current_exception();
}

void server_run::stop_accepting() {
  ending_ = true;
  acceptors_.stop();
  changed_.notify();
}

/// Nobody else may listen here once this process does not: files are left, and who was accepted ahead is
/// taken by the acceptors.
void server_run::hand_over() {
  hands_over_ = true;
  entrances_.leave_files();
  stop_accepting();
}

task<> server_run::until_the_end(task<> service) {
  try {
    co_await std::move(service);
  } catch (...) {
    if (!over_) failed();
  }
  if (!over_) stop_accepting();
}

task<> server_run::accept_all() {
  std::vector<task<>> all;
  for (entrance& each : entrances_.listeners()) all.push_back(accept_callers(*this, each));
  for (datagram_socket& each : entrances_.datagrams()) all.push_back(serve_datagrams(*this, each));
  acceptors_.start_all(std::move(all));
  co_await acceptors_.join();
}

/// Ends the acceptors at the first stop(), and the draining at the second.
task<> server_run::watch_stop() {
  descriptor signal{by_, fd::duplicate(of_.stop_signal_.get())};
  if (!signal.is_open()) throw_if_failed(errno, "watch", "for the end");
  for (;;) {
    co_await by_.ready_unhurried(signal, POLLIN);
    std::uint64_t stops = 0;
    if (::read(signal.number(), &stops, sizeof stops) < 0) continue;
    if (of_.retires_ && !hands_over_)
      hand_over();
    else
      stop_accepting();
  }
}

/// Beside the conversations: a worker that does not listen must not hold up the end.
task<> server_run::end_receiving_at_workers() {
  co_await pool_->end_receiving();
  changed_.notify();
}

/// After hand_over(): nobody is told to end yet but peers of datagrams, who cannot be heard any more.
task<> server_run::let_finish() {
  of_.callers_.end_receiving_datagrams();
  const time_point due = deadline_after(by_.now(), options().drain);
  while (conversations_.size() > 0 && of_.stops_ == 0 && by_.now() < due)
    co_await wait_for_change(due == no_deadline ? no_timeout : due - by_.now());
}

/// Those who are here finish; a second stop(), or the end of `drain`, cuts.
task<> server_run::drain() {
  entrances_.close_listeners();
  if (hands_over_) {
    co_await let_finish();
  } else if (of_.stops_ == 0) {  // once: its one caller stays as long as it likes
    while (conversations_.size() > 0 && of_.stops_ == 0) co_await wait_for_change(no_timeout);
  }
  of_.handler_->end();
  of_.callers_.end_receiving();
  cut_who_has_not_agreed();
  if (pool_) conversations_.start(end_receiving_at_workers());
  patience_.stop();
  of_.drained_by_ = deadline_after(by_.now(), options().drain);
  while (conversations_.size() > 0 && of_.stops_ < 2 && by_.now() < of_.drained_by_)
    co_await wait_for_change(of_.drained_by_ - by_.now());
}

/// Where a worker serves it TLS is the worker's, too.
std::unique_ptr<connection> server_run::secured(std::unique_ptr<connection> caller) const {
  if (needs_worker(*caller)) {
    const time_point due = deadline_after(by_.now(), options().tls->handshake_timeout());
    return std::make_unique<entrusted_caller>(std::move(caller), due);
  }
  std::string name = caller->label();
  return options().tls->over(std::move(caller), {}, std::move(name));
}

/// Whoever is still shaking hands comes too late.
void server_run::cut_who_has_not_agreed() {
  for (callers::caller& each : of_.callers_)
    if (each.is_secure && !each.has_joined) each.stop();
}

/// The one of `once` is here.
void server_run::let_nobody_else_in() {
  stop_accepting();
  cut_who_has_not_agreed();
}

void server_run::begin(std::unique_ptr<connection> caller, counted_in its, bool is_secure) {
  if (options().once && !is_secure) let_nobody_else_in();
  caller->set_timeout(options().idle_timeout);
  const bool may_make_way = caller->keeps_boundaries() && !datagrams_are_requests();
  const bool at_once = !needs_worker(*caller) && (options().model == model::event || !takes_turns(*caller));
  if (is_secure) caller = secured(std::move(caller));
  arrival newcomer{std::move(its),         reception_,  of_.callers_, std::move(caller),
                   conversations_.where(), may_make_way};
  newcomer.who()->is_secure = is_secure;
  if (at_once) return converse(newcomer);
  task<> conversation = converse_in_turn(newcomer.who());
  newcomer.stay();
  conversations_.start(std::move(conversation));
}

void server_run::tell_exhausted(std::string_view why) {
  if (by_.now() < exhaustion_told_ + std::chrono::seconds{1}) return;
  exhaustion_told_ = by_.now();
  told().exhausted(why);
}

/// Where there is no memory to look with, nobody is cut for that, and the server goes on.
task<> server_run::cut_who_stalls() {
  stall_watch watch{of_.callers_, options().stall_timeout};
  for (;;) {
    bool has_looked = true;
    try {
      co_await by_.sleep(watch.interval());
      for (callers::caller* each : watch.look(by_.now())) callers::cut_stalled(*each);
    } catch (const std::bad_alloc&) {
      has_looked = false;
    }
    if (!has_looked) co_await backoff{by_};
  }
}

/// One address that never stops must not hold up the acceptor, nor take from others the word that they wait
/// for.
void server_run::refuse(std::unique_ptr<connection> caller, bool is_secure, turned_away why) {
  reception_.tell_refused(newcomer::connected, caller->remote(), why);
  if (why != turned_away::busy && !can_refuse_crowd()) return;
  conversations_.start(see_off(std::move(caller), is_secure));
}

task<> server_run::see_off(std::unique_ptr<connection> caller, bool is_secure) {
  ++refusing_;
  caller->set_timeout(time_to_part());
  try {
    const std::string_view word = is_secure ? alert_internal_error : std::string_view{options().busy};
    co_await caller->send(word);
    co_await part_from(*caller, patience_);
  } catch (const std::system_error&) {
    // It hung up before it heard: nobody is left to be told.
  } catch (const std::bad_alloc&) {
    // It is closed without the word.
  }
  --refusing_;
  changed_.notify();
}

/// There was a place, but neither a process nor a thread.
bool server_run::tell_no_worker(const address& caller, std::string_view why) {
  const bool may = reception_.may_tell(turned_away::busy);
  if (may) told().no_worker(caller, why);
  return may;
}

task<> server_run::turn_away(connection& caller, bool is_secure) {
  const bool is_datagram = caller.keeps_boundaries();
  try {
    if (!is_secure) co_await caller.send(is_datagram ? "busy" : std::string_view{options().busy});
  } catch (const std::system_error&) {
    // It hung up before it heard: nobody is left to be told.
  }
}

/// What is kept of a caller that is idle is its entry, its connection and the handler's frame: little,
/// however many there are.
void server_run::converse(arrival& newcomer) {
  const callers::entry who = newcomer.who();
  if (who->is_secure) {
    task<> conversation = converse_securely(who);
    newcomer.stay();
    return conversations_.start(std::move(conversation), *who);
  }
  join(who);
  newcomer.stay();
  try {
    conversations_.start(of_.handler_->serve(who->link()), *who);
  } catch (...) {  // it threw before it had a task
    ended(*who, std::current_exception());
  }
}

/// As far as that is the server's own: of one that goes to a worker, until there is something to agree on.
/// Nobody has a turn or a worker before it has said so much.
task<> server_run::agree(callers::entry who) {
  connection& link = who->link();
  task<> agreeing = needs_worker(link) ? await_first_record(*link.native(), link.label(),
                                                            static_cast<entrusted_caller&>(link).agreed_by())
                                       : link.handshake();
  co_await std::move(agreeing);
  if (who->stopped()) throw error{system_code(ECANCELED), "serve", link.label()};
}

/// Whoever has not agreed on TLS was never here.
task<> server_run::converse_securely(callers::entry who) {
  co_await agree(who);
  join(who);
  co_await of_.handler_->serve(who->link());
}

void server_run::ended(context& of, std::exception_ptr thrown) {
  const callers::entry who = callers::entry_of(static_cast<callers::caller&>(of));
  try {
    conversations_.start(part_with(who, unless_cut(*who, how_it_ended(thrown, who->link()), options())));
  } catch (const std::bad_alloc&) {
    let_go(who);
  }
}

task<> server_run::converse_in_turn(callers::entry who) {
  std::string why = no_memory;
  try {
    why = co_await serve(who).in(*who);
  } catch (const std::bad_alloc&) {  // one who was not heard is told so
    who->is_turned_away = !who->has_joined && !who->is_secure;
  }
  std::optional<task<>> parting;
  try {
    parting.emplace(part_with(who, std::move(why)));
  } catch (const std::bad_alloc&) {
    let_go(who);
  }
  if (parting) co_await std::move(*parting);
}

/// Where there is no memory for more: without a farewell.
void server_run::let_go(callers::entry who) {
  if (who->is_turned_away) tell_no_worker(who->link().remote(), no_memory);
  tell_left(who, no_memory);
  static_cast<void>(take_out(who));
}

/// Of what cannot be told for want of memory, the caller's leaving itself must not be kept up.
void server_run::tell_left(callers::entry who, const std::string& why) noexcept {
  try {
    if (who->has_joined) told().departed(*who, why);
    if (who->has_joined) told().left(who->link(), why);
    const bool is_insecure = who->is_secure && !who->has_joined && !who->is_turned_away;
    if (is_insecure) reception_.tell_insecure(who->link(), why);
  } catch (const std::bad_alloc&) {
    log(log_level::error, no_memory);
  }
}

server_run::former_caller server_run::take_out(callers::entry who) noexcept {
  reception_.leave(*who);
  former_caller gone{reception_.counted(who->link()), of_.callers_.remove(who)};
  changed_.notify();
  return gone;
}

/// How it ended, once all that its handler said was sent: of datagrams some may fail when it has ended.
task<std::string> server_run::until_sent(callers::entry who) {
  std::exception_ptr thrown;
  try {
    co_await who->link().until_sent();
  } catch (...) {
    thrown = std::current_exception();
  }
  co_return unless_cut(*who, how_it_ended(thrown, who->link()), options());
}

task<> server_run::part_with(callers::entry who, std::string why) {
  const bool may_fail_yet = why == "done" && who->link().keeps_boundaries();
  try {
    if (may_fail_yet) why = co_await until_sent(who);
    const bool is_told = who->is_turned_away && tell_no_worker(who->link().remote(), why);
    // Whoever forges senders must not have us answer them all.
    const bool is_answered = who->is_turned_away && (is_told || !who->link().keeps_boundaries());
    if (is_answered) co_await turn_away(who->link(), who->is_secure);
  } catch (const std::bad_alloc&) {
    why = no_memory;
  }
  const bool is_insecure = who->is_secure && !who->has_joined;
  const bool is_cut = why != "done" && !who->is_turned_away && !is_insecure;
  tell_left(who, why);
  {
    const former_caller gone = take_out(who);
    try {
      if (is_cut || needs_farewell(*gone.link)) co_await let_hear_our_end(*gone.link, is_cut);
    } catch (const std::bad_alloc&) {
      // it is closed without a farewell
    }
  }
  changed_.notify();
}

/// Whoever has been served and does not go holds a descriptor: only at the end have they as long as `drain`
/// says, which may be without end.
duration server_run::time_to_part() const noexcept {
  return ending_ ? options().drain : std::min(options().drain, most_time_to_part);
}

/// While the server goes on, a caller has time to read and to end its half; its end waits for nobody to
/// leave.
task<> server_run::part_from(connection& caller, context& patience) {
  co_await farewell(caller, time_to_part()).in(patience);
  if (patience_.stopped()) co_await short_farewell(caller, options().drain);
}

/// It has time for that while nobody needs its room.
task<> server_run::let_hear_our_end(connection& caller, bool is_cut) {
  leavers::leaver own{reception_.leaving(), is_cut ? conversations_.where() : patience_};
  if (is_cut)
    co_await cut_off(caller, time_to_part()).in(own);
  else
    co_await part_from(caller, own);
}

bool server_run::datagrams_are_requests() const noexcept {
  return pool_ && options().model != model::event && !of_.handler_->callers_meet();
}

/// Those who wait for a worker, or under iterative for the one before. Datagrams that are no requests have
/// their turn one by one, since nobody knows whether a peer has left; they hold up no connection either.
bool server_run::takes_turns(const connection& caller) const noexcept {
  return !caller.keeps_boundaries() || datagrams_are_requests();
}

bool server_run::needs_worker(const connection& caller) const noexcept {
  if (!pool_) return false;
  if (caller.keeps_boundaries()) return datagrams_are_requests();
  return options().model != model::event || !of_.handler_->callers_meet();
}

/// One that is stopped while it waits is removed at once. The clock of a handshake that has to wait for a
/// worker begins again with its turn.
task<> server_run::wait_for_turn(callers::entry who, turn& own) {
  who->waiting = true;
  told().waiting(who->link(), turns_.ahead());
  co_await own.come();
  who->waiting = false;
  if (who->is_secure && needs_worker(who->link()))
    static_cast<entrusted_caller&>(who->link())
        .agree_by(deadline_after(by_.now(), options().tls->handshake_timeout()));
}

/// How the conversation ended, in words; nothing that a caller does ends more than its own.
task<std::string> server_run::serve(callers::entry who) {
  std::string why = "done";
  turn own{turns_};
  try {
    if (who->is_secure) co_await agree(who);
    if (takes_turns(who->link()) && !own.take()) co_await wait_for_turn(who, own);
    why = co_await converse_with(who);
  } catch (const error&) {
    why = how_it_ended(std::current_exception(), who->link());
  }
  co_return unless_cut(*who, why, options());
}

void server_run::join(callers::entry who) {
  who->has_joined = true;
  if (options().once && who->is_secure) let_nobody_else_in();
  told().joined(who->link());
}

task<std::string> server_run::converse_with(callers::entry who) {
  who->is_at_worker = needs_worker(who->link());
  if (who->is_at_worker) return converse_through_worker(who);
  join(who);
  return serve_to_the_end(*of_.handler_, who->link());
}

/// One that is being cut does not join.
void server_run::agreed(callers::entry who, std::string_view what) {
  if (who->stopped()) return;
  static_cast<entrusted_caller&>(who->link()).agreed(what);
  join(who);
}

task<std::string> server_run::converse_through_worker(callers::entry who) {
  std::string why;
  try {
    std::shared_ptr<assignment> by = pool_->engage(who->link());
    if (who->is_secure)
      by->agreed = [this, who](std::string_view what) { agreed(who, what); };
    else
      join(who);
    why = co_await pool_->serve(std::move(by), who->link());
  } catch (const error& shortage) {
    why = shortage.what();
    who->is_turned_away = true;
  }
  co_return why;
}

}  // namespace ahoy::inline v0
