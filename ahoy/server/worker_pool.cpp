#include <ahoy/error/error.hpp>
#include <ahoy/server/datagram_request.hpp>
#include <ahoy/server/stand_in.hpp>
#include <ahoy/server/worker.hpp>
#include <ahoy/server/worker_kinds.hpp>
#include <ahoy/server/worker_pool.hpp>

#include <sys/socket.h>

#include <cerrno>
#include <unordered_map>
#include <utility>

namespace ahoy::inline v0 {

namespace {

/// One that was cut has this long before it is killed: a blocking engine notices within 0.4 s.
constexpr duration grace = std::chrono::seconds{1};

}  // namespace

/// A caller in the care of a worker.
struct worker_pool::assignment {
  explicit assignment(engine& by) : changed{by} {}
  void end(std::string how) {
    why = std::move(how);
    is_over = true;
    changed.notify();
  }
  task<> wait() {
    while (!is_over) co_await changed.wait();
  }
  event changed;
  bool is_over = false, is_cut = false;
  std::string why;
};

struct worker_pool::member {
  member(engine& by, fd own_end, std::unique_ptr<worker> one)
      : wire{by, std::move(own_end)}, who{std::move(one)}, told{by} {}
  descriptor wire;
  std::unique_ptr<worker> who;
  event told;                  // the next order may be handed over
  bool is_being_told = false;  // an order is on its way
  bool is_leaving = false;     // nobody is entrusted to it any more
  std::size_t engaged = 0;
  std::unordered_map<std::uint64_t, assignment*> jobs;
};

worker_pool::worker_pool(engine& by, handler& how, const server_options& options)
    : by_{by}, how_{how}, options_{options}, changed_{by} {
  if (options.model == model::process) kept_ = open_descriptors();
}

void worker_pool::start() {
  for (std::size_t i = 0; i < options_.workers; ++i) static_cast<void>(hire());
}

std::shared_ptr<worker_pool::member> worker_pool::hire() {
  auto [ours, theirs] = open_wire();
  const bool blocks = options_.model == model::thread;
  std::unique_ptr<worker> who =
      options_.model == model::process
          ? start_process(by_, std::move(theirs), how_, kept_)
          : start_thread(std::move(theirs), how_, blocks ? engine_choice::blocking : options_.engine);
  members_.push_back(std::make_shared<member>(by_, std::move(ours), std::move(who)));
  std::shared_ptr<member> hired = members_.back();
  attendants_.start(attend(hired));
  return hired;
}

/// Who has the least to do. Only a loop serves several at a time.
std::shared_ptr<worker_pool::member> worker_pool::engage() {
  std::shared_ptr<member> chosen;
  for (const auto& each : members_)
    if (!each->is_leaving && (!chosen || each->engaged < chosen->engaged)) chosen = each;
  const bool all_are_here = members_.size() >= options_.workers && options_.model == model::event;
  if (!chosen || (chosen->engaged > 0 && !all_are_here)) chosen = hire();
  ++chosen->engaged;
  return chosen;
}

void worker_pool::dismiss(member& whom) noexcept {
  whom.is_leaving = true;
  ::shutdown(whom.wire.number(), SHUT_WR);
}

void worker_pool::release(member& whom) noexcept {
  --whom.engaged;
  if (options_.workers == 0) dismiss(whom);
}

task<> worker_pool::attend(std::shared_ptr<member> to) {
  for (;;) {
    const std::optional<report> next = co_await receive_report(to->wire);
    if (!next) break;
    if (next->what == report_kind::logged)
      log(next->level, next->text);
    else if (const auto found = to->jobs.find(next->job); found != to->jobs.end())
      found->second->end(next->text);
  }
  const std::string why = co_await to->who->reap();
  bury(to, why);
}

void worker_pool::bury(const std::shared_ptr<member>& gone, const std::string& why) {
  const std::string told = why.empty() ? "its worker has ended" : why;
  gone->is_leaving = true;
  for (auto& [number, job] : gone->jobs) job->end(told);
  std::erase(members_, gone);
  changed_.notify();
}

/// One order after the other, each whole.
task<> worker_pool::tell(member& whom, const order& what) {
  while (whom.is_being_told) co_await whom.told.wait();
  whom.is_being_told = true;
  std::exception_ptr failure;
  try {
    co_await send_order(whom.wire, what);
  } catch (...) {
    failure = std::current_exception();
  }
  whom.is_being_told = false;
  whom.told.notify();
  if (failure) std::rethrow_exception(failure);
}

/// Of one who has gone meanwhile nobody wants anything.
task<> worker_pool::tell_job(std::shared_ptr<member> whom, std::uint64_t number, order_kind what) {
  order next;
  next.what = what;
  next.job = number;
  try {
    co_await tell(*whom, next);
  } catch (const error& failure) {
    if (failure.code() == std::errc::operation_canceled) throw;
  }
}

/// In a context apart: it is waited for all the same, since it has the caller's socket, too.
task<> worker_pool::cut(member& by, std::uint64_t number, assignment& job) {
  order stop;
  stop.what = order_kind::cut;
  stop.job = number;
  try {
    co_await tell(by, stop);
    co_await with_deadline(deadline_after(by_.now(), grace), job.wait());
  } catch (const std::system_error&) {
    by.who->kill();
  }
  co_await job.wait();
}

task<std::string> worker_pool::see_through(std::shared_ptr<member> by, order what) {
  if (by->is_leaving) co_return std::string{"its worker has ended"};
  assignment job{by_};
  const std::uint64_t number = what.job;
  by->jobs.emplace(number, &job);
  try {
    co_await tell(*by, what);
    what.first.reset();
    what.second.reset();
    co_await job.wait();
  } catch (const std::system_error&) {
    job.is_cut = true;
  }
  if (job.is_cut) {
    context apart;
    co_await cut(*by, number, job).in(apart);
  }
  by->jobs.erase(number);
  co_return job.why;
}

namespace {

order order_for(connection& peer, std::uint64_t job) {
  order what;
  what.job = job;
  what.label = peer.label();
  what.remote = peer.remote();
  what.timeout = peer.timeout();
  if (peer.native()) {
    what.first = fd::duplicate(peer.native()->number());
    return what;
  }
  const auto& asked = static_cast<const datagram_request&>(peer);
  what.what = order_kind::answer;
  what.first = fd::duplicate(asked.socket());
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

}  // namespace

task<std::string> worker_pool::serve(std::shared_ptr<member> by, connection& peer) {
  order what = order_for(peer, ++last_job_);
  std::string why = co_await see_through(by, std::move(what));
  release(*by);
  co_return why;
}

task<> worker_pool::carry(std::shared_ptr<member> by, order what, std::string& why) {
  why = co_await see_through(std::move(by), std::move(what));
}

/// What befell the caller's own connection is told by whoever had it.
task<std::string> worker_pool::serve_here(std::shared_ptr<member> by, connection& peer) {
  auto [ours, theirs] = open_pair();
  order what = order_for(peer, ++last_job_);
  what.what = order_kind::carry;
  what.second = std::move(theirs);
  const std::uint64_t number = what.job;
  context& here = co_await this_context();
  scope carrying{here};
  std::string carried;
  carrying.start(carry(by, std::move(what), carried));
  std::string why = co_await serve_through(std::move(ours), peer);
  context apart;
  co_await tell_job(by, number, order_kind::finish).in(apart);
  co_await carrying.join();
  release(*by);
  co_return carried == "done" ? why : carried;
}

task<std::string> worker_pool::serve_through(fd end, connection& peer) {
  stand_in caller{peer, std::move(end)};
  std::string why = co_await serve_to_the_end(how_, caller);
  co_return why;
}

task<> worker_pool::end_receiving() {
  std::vector<std::pair<std::shared_ptr<member>, std::uint64_t>> all;
  for (const auto& each : members_)
    for (const auto& [number, job] : each->jobs) all.emplace_back(each, number);
  for (const auto& [whom, number] : all) co_await tell_job(whom, number, order_kind::finish);
}

task<> worker_pool::close() {
  for (const auto& each : members_) dismiss(*each);
  while (!members_.empty()) co_await changed_.wait();
  co_await attendants_.join();
}

}  // namespace ahoy::inline v0
