#include <ahoy/error/error.hpp>
#include <ahoy/server/datagram_request.hpp>
#include <ahoy/server/stand_in.hpp>
#include <ahoy/server/worker.hpp>
#include <ahoy/server/worker_kinds.hpp>
#include <ahoy/server/worker_pool.hpp>

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <unordered_map>
#include <utility>

namespace ahoy::inline v0 {

namespace {

/// One that was cut, or is not wanted any more, has this long before it is killed: a blocking engine notices
/// within 0.4 s. No less than this has a caller to take what was said to it.
constexpr duration grace = std::chrono::seconds{1};

}  // namespace

/// A caller in the care of a worker.
struct worker_pool::assignment {
  explicit assignment(engine& by) : changed{by} {}
  void end(std::string how, bool without_beginning = false) {
    why = std::move(how);
    is_refused = without_beginning;
    is_over = true;
    changed.notify();
  }
  task<> wait() {
    while (!is_over) co_await changed.wait();
  }
  event changed;
  bool is_over = false, is_cut = false, is_refused = false;
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

/// For as long as a caller is entrusted to a worker.
class worker_pool::engagement {
 public:
  engagement(worker_pool& in, member& of) noexcept : in_{in}, of_{of} {}
  engagement(const engagement&) = delete;
  engagement& operator=(const engagement&) = delete;
  ~engagement() { in_.release(of_); }

 private:
  worker_pool& in_;
  member& of_;
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
      found->second->end(next->text, next->what == report_kind::refused);
  }
  const std::string why = co_await to->who->reap();
  bury(to, why);
}

void worker_pool::bury(const std::shared_ptr<member>& gone, const std::string& why) {
  const std::string told = why.empty() ? "its worker has ended" : why;
  if (!gone->is_leaving && gone->jobs.empty()) log(log_level::error, "a worker that served nobody: " + told);
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
task<> worker_pool::tell_to_finish(std::shared_ptr<member> whom, std::uint64_t number) {
  order next;
  next.what = order_kind::finish;
  next.job = number;
  next.timeout = std::max(options_.drain, grace);
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
  std::exception_ptr untold;
  try {
    co_await tell(*by, what);
  } catch (const error& failure) {  // by a broken pipe one who has died, which is about to be known
    if (failure.code() != std::errc::broken_pipe) untold = std::current_exception();
  }
  if (untold) {  // the worker knows nothing of the job
    by->jobs.erase(number);
    std::rethrow_exception(untold);
  }
  what.first.reset();
  what.second.reset();
  try {
    if (hears_nobody_) co_await tell_to_finish(by, number);
    co_await job.wait();
  } catch (const std::system_error&) {
    job.is_cut = true;
  }
  if (job.is_cut) {
    context apart;
    co_await cut(*by, number, job).in(apart);
  }
  by->jobs.erase(number);
  if (job.is_refused) throw error{system_code(EMFILE), "start", "a worker"};
  co_return job.why;
}

namespace {

fd copy_of(int number) {
  fd copy = fd::duplicate(number);
  if (!copy) throw error{system_code(errno), "start", "a worker"};
  return copy;
}

order order_for(connection& peer, std::uint64_t job) {
  order what;
  what.job = job;
  what.label = peer.label();
  what.remote = peer.remote();
  what.timeout = peer.timeout();
  if (peer.native()) {
    what.first = copy_of(peer.native()->number());
    return what;
  }
  const auto& asked = static_cast<const datagram_request&>(peer);
  what.what = order_kind::answer;
  what.first = copy_of(asked.socket());
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
  const engagement own{*this, *by};
  order what = order_for(peer, ++last_job_);
  std::string why = co_await see_through(by, std::move(what));
  co_return why;
}

task<> worker_pool::carry(std::shared_ptr<member> by, order what, std::string& why) {
  why = co_await see_through(std::move(by), std::move(what));
}

task<std::string> worker_pool::serve_here(std::shared_ptr<member> by, connection& peer) {
  const engagement own{*this, *by};
  auto [ours, theirs] = open_pair();
  order what = order_for(peer, ++last_job_);
  what.what = order_kind::carry;
  what.second = std::move(theirs);
  std::string why = co_await carry_here(by, std::move(what), std::move(ours), peer);
  co_return why;
}

/// What befell the caller's own connection is told by whoever had it.
task<std::string> worker_pool::carry_here(std::shared_ptr<member> by, order what, fd end, connection& peer) {
  const std::uint64_t number = what.job;
  context& here = co_await this_context();
  scope carrying{here};
  std::string carried;
  carrying.start(carry(by, std::move(what), carried));
  std::string why = co_await serve_through(std::move(end), peer);
  context apart;
  co_await tell_to_finish(by, number).in(apart);
  co_await carrying.join();
  co_return carried == "done" ? why : carried;
}

task<std::string> worker_pool::serve_through(fd end, connection& peer) {
  stand_in caller{peer, std::move(end)};
  std::string why = co_await serve_to_the_end(how_, caller);
  co_return why;
}

/// Those who come to a worker later, since they waited for one, are told so then.
task<> worker_pool::end_receiving() {
  hears_nobody_ = true;
  std::vector<std::pair<std::shared_ptr<member>, std::uint64_t>> all;
  for (const auto& each : members_)
    for (const auto& [number, job] : each->jobs) all.emplace_back(each, number);
  for (const auto& [whom, number] : all) co_await tell_to_finish(whom, number);
}

task<> worker_pool::until_all_are_gone() {
  while (!members_.empty()) co_await changed_.wait();
}

task<> worker_pool::close() {
  for (const auto& each : members_) dismiss(*each);
  try {
    co_await with_deadline(deadline_after(by_.now(), grace), until_all_are_gone());
  } catch (const std::system_error&) {
    for (const auto& each : members_) each->who->kill();
  }
  co_await until_all_are_gone();
  co_await attendants_.join();
}

}  // namespace ahoy::inline v0
