#include <ahoy/connection/stream.hpp>
#include <ahoy/error/error.hpp>
#include <ahoy/server/backoff.hpp>
#include <ahoy/server/exhaustion.hpp>
#include <ahoy/server/server_run.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <exception>
#include <new>

namespace ahoy::inline v0 {

namespace {

/// A pause where accepting is out of place, unless a caller leaves.
constexpr duration patience_of_acceptor = backoff::length;

/// Of these only the listener itself, a stop or a deadline is the cause; all others concern the one
/// connection that was lost, unless they come in a row.
constexpr std::array ends = {EBADF, EFAULT, EINVAL, ENOTSOCK, EOPNOTSUPP, ECANCELED, ETIMEDOUT};
constexpr unsigned most_in_a_row = 16;

bool is_end(int error) noexcept { return std::ranges::find(ends, error) != ends.end(); }

std::unique_ptr<connection> welcome(server_run& run, fd socket, const address& peer) {
  std::string label = peer.family() == family::local ? run.next_local_label() : std::string{};
  return std::make_unique<stream>(run.engine(), std::move(socket), peer, std::move(label));
}

void take(server_run& run, fd socket, const address& peer, bool is_secure) {
  if (!run.is_welcome(peer)) return run.reception().tell_denied(peer);
  std::unique_ptr<connection> caller = welcome(run, std::move(socket), peer);
  auto its = run.reception().admit(newcomer::connected, peer);
  if (const auto* why = std::get_if<turned_away>(&its))
    run.refuse(std::move(caller), is_secure, *why);
  else
    run.begin(std::move(caller), std::get<counted_in>(std::move(its)), is_secure);
}

/// false: memory ran out for this caller, who is let go; the others stay. With `once` there is no other.
bool try_to_take(server_run& run, fd socket, const address& peer, bool is_secure) {
  try {
    take(run, std::move(socket), peer, is_secure);
    return true;
  } catch (const std::bad_alloc&) {
    if (run.options().once) throw;
    return false;
  }
}

/// Whoever was accepted before the end is served: nobody else will be told of it.
void take_those_accepted(server_run& run, entrance& from) {
  for (accepted_caller& each : run.engine().take_accepted(from.at.native()))
    try_to_take(run, std::move(each.socket), each.peer, from.is_secure);
}

/// Of those who are here some may have left, which the loop has not come to while one call followed the
/// other: a caller who always hangs up before it calls again would be one too many. (Of one whom a worker
/// serves that worker has to tell first, which is not waited for.) One who was accepted is not lost to a stop
/// meanwhile.
task<> let_others_leave(server_run& run) {
  try {
    co_await run.engine().sleep(duration::zero());
  } catch (const error&) {
    // The next accept says so.
  }
}

/// Where a worker is started for each: those whose workers have ended leave before the next one is started. A
/// fork copies what is held for them, and the child lets go of it.
task<> accept_some(server_run& run, entrance& from) {
  bool exhausted = false;
  unsigned lost_in_a_row = 0;
  while (!run.is_ending()) {
    while (run.reception().is_full() && !run.can_refuse()) co_await run.wait_for_change(patience_of_acceptor);
    auto next = co_await from.at.accept();
    if (is_end(next.error)) throw error{system_code(next.error), "accept on", from.at.local().to_string()};
    if (next.error == 0 && !run.reception().has_place(next.peer)) co_await let_others_leave(run);
    if (next.error == 0 && run.is_ending() && !run.hands_over())
      co_return;  // the one caller of `once` came elsewhere at the same moment
    if (next.error == 0 && !try_to_take(run, std::move(next.socket), next.peer, from.is_secure))
      next.error = ENOMEM;
    lost_in_a_row = next.error == 0 ? 0 : lost_in_a_row + 1;
    if (is_exhaustion(next.error) || lost_in_a_row > most_in_a_row) {
      if (!exhausted) run.tell_exhausted(cause_in_words(system_code(next.error)));
      exhausted = true;
      co_await run.wait_for_change(patience_of_acceptor);
    } else if (next.error == 0) {
      exhausted = false;
      if (run.starts_workers() && !run.is_ending()) co_await run.engine().sleep(duration::zero());
    }
  }
}

/// Not even to say that memory has run out may there be some: that passes, and whoever waits is accepted
/// then.
task<> accept_to_the_end(server_run& run, entrance& from) {
  while (!run.is_ending()) {
    bool is_short = false;
    try {
      co_await accept_some(run, from);
    } catch (const std::bad_alloc&) {
      if (run.options().once) throw;
      is_short = true;
    }
    if (is_short) co_await backoff{run.engine()};
  }
}

}  // namespace

task<> accept_callers(server_run& run, entrance& from) {
  std::exception_ptr why;
  try {
    co_await accept_to_the_end(run, from);
  } catch (...) {
    why = std::current_exception();
  }
  if (run.hands_over()) take_those_accepted(run, from);
  if (why) std::rethrow_exception(why);
}

}  // namespace ahoy::inline v0
