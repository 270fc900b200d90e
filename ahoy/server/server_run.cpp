#include <ahoy/connection/farewell.hpp>
#include <ahoy/error/error.hpp>
#include <ahoy/error/escape.hpp>
#include <ahoy/error/log.hpp>
#include <ahoy/server/server_run.hpp>

#include <poll.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace ahoy::inline v0 {

namespace {

/// Descriptors for everything but callers: the standard three, listeners, the engine's, those who are told
/// `busy`.
constexpr std::size_t descriptors_kept = 32;

std::size_t default_max_clients() noexcept {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  const auto all = static_cast<std::size_t>(limit.rlim_cur);
  return all > descriptors_kept + 1 ? all - descriptors_kept : 1;
}

/// The caller is named where this is told: only what concerns something else needs its own name.
std::string why_it_ended(const callers::caller& whose, const error& failure) {
  const bool is_cut = failure.code() == std::errc::operation_canceled;
  if (is_cut) return whose.kicked ? "kicked" : "cut, since the server ends";
  const bool concerns_caller = failure.address().empty() || failure.address() == whose.link.label();
  return concerns_caller ? cause_in_words(failure.code()) : escape_controls(failure.what());
}

bool is_in(const std::vector<network>& list, const address& caller) noexcept {
  return std::ranges::any_of(list, [&](const network& each) { return each.contains(*caller.data()); });
}

}  // namespace

server_run::server_run(server& of, ahoy::engine& by, context& where)
    : of_{of},
      by_{by},
      conversations_{where},
      patience_{where},
      acceptors_{where},
      services_{where},
      max_clients_{of.options_.max_clients ? of.options_.max_clients : default_max_clients()} {}

bool server_run::is_welcome(const address& caller) const noexcept {
  if (caller.family() == family::local) return true;
  return !is_in(options().deny, caller) && (options().allow.empty() || is_in(options().allow, caller));
}

task<> server_run::open() {
  for (const endpoint& each : of_.endpoints_) co_await open_endpoint(each);
}

task<> server_run::open_endpoint(endpoint on) {
  if (on.transport() == transport::tls)  // not to serve in the clear what was meant to be kept from others
    throw error{system_code(EPROTONOSUPPORT), "listen by", to_string(on.scheme),
                "this version has tcp, udp and unix"};
  if (on.transport() == transport::local) {
    open_address(on.scheme, address::local(on.path));
    co_return;
  }
  std::vector<address> found =
      co_await by_.resolve(on.host, on.port, options().wanted, on.type(), lookup_use::bind);
  std::uint16_t chosen = on.port.number();
  for (address& each :
       found) {  // a name with several addresses has one port on all, also where the kernel chose it
    each.set_port(chosen);
    open_address(on.scheme, each);
    chosen = on.type() == socket_type::datagram ? datagrams_.back().local().port()
                                                : listeners_.back().local().port();
  }
}

void server_run::open_address(scheme as, const address& on) {
  if (traits(as).transport == transport::udp)
    datagrams_.push_back(datagram_socket::bound(by_, on, options().source, options().wanted));
  else
    listeners_.emplace_back(by_, on, options().backlog, options().wanted);
  told().listening(as, as == scheme::udp ? datagrams_.back().local() : listeners_.back().local());
}

task<> server_run::run() {
  try {
    keep(watch_stop());
    co_await open();
    log(log_level::notice, description(by_));
    co_await accept_all();
    if (!failure_) co_await drain();
  } catch (...) {
    failed();
  }
  ending_ = true;
  conversations_.stop();
  patience_.stop();
  co_await join(conversations_);
  over_ = true;
  services_.stop();
  co_await join(services_);
  if (failure_) std::rethrow_exception(failure_);
}

/// What throws here must not keep the others from being joined.
task<> server_run::join(scope& all) {
  try {
    co_await all.join();
  } catch (...) {
    failed();
  }
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

task<> server_run::until_the_end(task<> service) {
  try {
    co_await std::move(service);
  } catch (...) {
    if (!over_) failed();
  }
  if (!over_) stop_accepting();
}

task<> server_run::accept_all() {
  for (listener& each : listeners_) acceptors_.start(accept_callers(*this, each));
  for (datagram_socket& each : datagrams_) acceptors_.start(serve_datagrams(*this, each));
  co_await acceptors_.join();
}

/// Ends the acceptors at the first stop(), and the draining at the second.
task<> server_run::watch_stop() {
  descriptor signal{by_, fd::duplicate(of_.stop_signal_.get())};
  if (!signal.is_open()) throw_if_failed(errno, "watch", "for the end");
  for (;;) {
    co_await by_.ready(signal, POLLIN);
    std::uint64_t stops = 0;
    if (::read(signal.number(), &stops, sizeof stops) < 0) continue;
    stop_accepting();
  }
}

/// Those who are here finish; a second stop(), or the end of `drain`, cuts.
task<> server_run::drain() {
  listeners_.clear();
  if (of_.stops_ == 0) {  // once: its one caller stays as long as it likes
    while (conversations_.size() > 0 && of_.stops_ == 0) co_await wait_for_change(no_timeout);
  }
  of_.handler_->end();
  of_.callers_.end_receiving();
  patience_.stop();
  const time_point due = deadline_after(by_.now(), options().drain);
  while (conversations_.size() > 0 && of_.stops_ < 2 && by_.now() < due)
    co_await wait_for_change(due - by_.now());
}

task<> server_run::wait_for_change(duration limit) { co_await changed_.wait(limit); }

void server_run::begin(std::unique_ptr<connection> caller) {
  if (options().once) stop_accepting();
  conversations_.start(converse(std::move(caller)));
}

void server_run::refuse(std::unique_ptr<connection> caller) {
  told().busy(caller->remote(), of_.callers_.size());
  ++refusing_;
  conversations_.start(see_off(std::move(caller)));
}

task<> server_run::see_off(std::unique_ptr<connection> caller) {
  caller->set_timeout(options().drain);
  try {
    co_await caller->send("busy\n");
    co_await part_from(*caller);
  } catch (const std::system_error&) {
    // It hung up before it heard: nobody is left to be told.
  }
  --refusing_;
  changed_.notify();
}

task<> server_run::converse(std::unique_ptr<connection> caller) {
  context& here = co_await this_context();
  context own{here};
  caller->set_timeout(options().idle_timeout);
  const callers::entry who = of_.callers_.add(*caller, own);
  const std::string why = co_await serve(who).in(own);
  told().left(*caller, why);
  of_.callers_.remove(who);
  changed_.notify();
  co_await part_from(*caller);
  caller.reset();
  changed_.notify();
}

/// While the server goes on, a caller has time to read and to end its half; its end waits for nobody to
/// leave.
task<> server_run::part_from(connection& caller) {
  co_await farewell(caller, options().drain).in(patience_);
  if (patience_.stopped()) co_await short_farewell(caller, options().drain);
}

/// Callers are served in the order in which they came, which the registry keeps: those who are woken together
/// with one who has just come are not behind it.
bool server_run::has_turn(const callers::caller& who) const noexcept {
  return in_service_ == 0 && &*std::ranges::find_if(of_.callers_, &callers::caller::waiting) == &who;
}

/// Under the iterative model. Datagrams have their turn one by one, since nobody knows whether a peer has
/// left; they hold up no connection either. One that is stopped while it waits is removed at once.
task<> server_run::wait_for_turn(callers::entry who) {
  who->waiting = true;
  if (!has_turn(*who)) told().waiting(who->link, of_.callers_.size() - 1);
  while (!has_turn(*who)) co_await changed_.wait();
  who->waiting = false;
}

/// How the conversation ended, in words; nothing that a caller does ends more than its own.
task<std::string> server_run::serve(callers::entry who) {
  std::string why = "done";
  const bool takes_turns = options().model == model::iterative && !who->link.keeps_boundaries();
  try {
    if (takes_turns) co_await wait_for_turn(who);
    if (takes_turns) ++in_service_;
    told().joined(who->link);
    co_await of_.handler_->serve(who->link);
  } catch (const error& failure) {
    why = why_it_ended(*who, failure);
  } catch (const std::exception& failure) {
    why = escape(failure.what());
  } catch (...) {
    why = "the handler failed";
  }
  if (takes_turns && !who->waiting) --in_service_;
  co_return why;
}

}  // namespace ahoy::inline v0
