#include <ahoy/server/room.hpp>
#include <ahoy/task/scope.hpp>

#include <algorithm>
#include <vector>

namespace ahoy::inline v0 {

namespace {

/// What a queued message takes besides its bytes: pointers, counts, the allocator's. A flood of empty lines
/// has to fill a queue too.
constexpr std::size_t overhead = 96;

/// Who speaks while more are full than these waits for its turn before anybody hears it: what is remembered
/// of those who have not heard it yet would grow with the square of the callers.
constexpr std::size_t few = 16;

std::size_t cost_of(const room_member::text& said) noexcept { return said->size() + overhead; }

}  // namespace

room_member::room_member(room& in, connection& link)
    : in_{in}, link_{link}, number_{++in.last_number_}, arrived_{in.by_}, space_{in.by_}, end_{in.by_} {
  in.members_.emplace_hint(in.members_.end(), number_, this);
}

room_member::~room_member() {
  tell_dropped();
  in_.members_.erase(number_);
  space_.notify();
}

task<std::vector<room_member::text>> room_member::next() {
  while (queue_.empty() && sending_.empty() && !leaving_ && !put_out_ && !in_.finished_)
    co_await arrived_.wait();
  if (sending_.empty()) take_together();
  std::vector<text> some;
  if (!put_out_) some = sending_;
  co_return some;
}

void room_member::take_together() {
  const std::size_t most = std::min(together, in_.options_.queue / 4);
  for (std::size_t size = 0; !queue_.empty(); queue_.pop_front()) {
    size += queue_.front()->size();
    if (!sending_.empty() && size > most) break;
    sending_.push_back(std::move(queue_.front()));
  }
}

void room_member::took() {
  for (const text& each : sending_) bytes_ -= cost_of(each);
  sending_.clear();
  tell_dropped();
  space_.notify();
}

void room_member::leave() {
  leaving_ = true;
  arrived_.notify();
  space_.notify();
}

task<> room_member::until_put_out() {
  while (!put_out_) co_await end_.wait();
}

/// A message larger than the whole queue is let in when nothing else waits.
bool room_member::has_space_for(const text& said) const noexcept {
  return bytes_ == 0 || bytes_ + cost_of(said) <= in_.options_.queue;
}

void room_member::become_slow() noexcept {
  slow_ = true;
  progress_when_slow_ = link_.progress();
}

void room_member::push(text said) {
  bytes_ += cost_of(said);
  queue_.push_back(std::move(said));
  arrived_.notify();
}

void room_member::drop_oldest() {
  bytes_ -= cost_of(queue_.front());
  queue_.pop_front();
  count_dropped();
}

/// At the first one, then whenever they have doubled: a flood of drops is no flood of lines.
void room_member::count_dropped() {
  ++dropped_;
  if (dropped_ >= 2 * dropped_told_) tell_dropped();
}

void room_member::tell_dropped() {
  if (dropped_ == dropped_told_) return;
  in_.told_.dropped(label(), dropped_ - dropped_told_);
  dropped_told_ = dropped_;
}

room_member* room::find(std::uint64_t number) const noexcept {
  const auto found = members_.find(number);
  return found == members_.end() ? nullptr : found->second;
}

bool room::has(std::string_view label) const noexcept {
  return std::ranges::any_of(members_, [&](const auto& each) { return each.second->label() == label; });
}

bool room::hears(const room_member& who, const room_member* except) noexcept {
  return &who != except && !who.leaving_ && !who.put_out_;
}

/// What room there is belongs to who waits for it.
bool room::takes_now(const room_member& who, const room_member::text& said) noexcept {
  return who.awaited_ == 0 && who.has_space_for(said);
}

/// So many would have to be remembered while a turn is waited for.
std::size_t room::count_full(const room_member* except, const room_member::text& said) const noexcept {
  const auto is_full = [&](const auto& each) {
    const room_member& who = *each.second;
    return hears(who, except) && !takes_now(who, said) && !who.is_slow();
  };
  return static_cast<std::size_t>(std::ranges::count_if(members_, is_full));
}

/// Queues it where there is room; returns the others, by their numbers.
std::vector<std::uint64_t> room::push_to_others(const room_member* except, const room_member::text& said) {
  std::vector<std::uint64_t> full;
  for (const auto& [number, who] : members_) {
    if (!hears(*who, except)) continue;
    if (takes_now(*who, said))
      who->push(said);
    else if (who->is_slow())  // there may be very many, at every message
      push_or_drop(*who, said);
    else
      full.push_back(number);
  }
  return full;
}

task<> room::say_to_others(const room_member* except, std::string text) {
  const auto said = std::make_shared<const std::string>(std::move(text));
  turn own{speaking_};
  const bool waits_first = speaking_.are_taken() && count_full(except, said) > few;
  if (waits_first) co_await own.come();
  const std::vector<std::uint64_t> full = push_to_others(except, said);
  if (full.empty()) co_return;
  if (!waits_first && !own.take()) co_await own.come();
  std::vector<task<>> offers;
  offers.reserve(full.size());
  for (const std::uint64_t number : full) offers.push_back(offer(number, said));
  co_await when_all(std::move(offers));
}

task<bool> room::say_to(std::string label, std::string text) {
  const auto found =
      std::ranges::find_if(members_, [&](const auto& each) { return each.second->label() == label; });
  if (found == members_.end()) co_return false;
  const auto said = std::make_shared<const std::string>(std::move(text));
  co_await offer(found->first, said);
  co_return true;
}

task<> room::offer(std::uint64_t number, room_member::text said) {
  co_await wait_for_space(number, said);
  room_member* to = find(number);
  if (to && !to->leaving_ && !to->put_out_) push_or_drop(*to, std::move(said));
}

/// Counts one that waits for a member, who may go meanwhile.
class room::waiting {
 public:
  waiting(room& in, room_member& on) noexcept : in_{in}, on_{on.number_} { ++on.awaited_; }
  waiting(const waiting&) = delete;
  waiting& operator=(const waiting&) = delete;
  ~waiting() {
    if (room_member* const still_here = in_.find(on_)) --still_here->awaited_;
  }

 private:
  room& in_;
  const std::uint64_t on_;
};

/// Returns when there is space, when the member has become slow or has gone.
task<> room::wait_for_space(std::uint64_t number, room_member::text said) {
  for (;;) {
    room_member* to = find(number);
    if (!to || to->leaving_ || to->put_out_ || to->has_space_for(said)) co_return;
    if (to->is_slow()) co_return;
    const bool blocks = options_.slow == slow_policy::block;
    const std::uint64_t before = to->link_.progress();
    const duration patience = blocks ? no_timeout : options_.slow_after;
    const waiting counted{*this, *to};
    const bool moved = co_await to->space_.wait(patience);
    to = find(number);
    if (moved || !to || to->link_.progress() != before) continue;
    to->become_slow();
    if (options_.slow == slow_policy::disconnect) put_out(*to);
  }
}

void room::push_or_drop(room_member& to, room_member::text said) {
  while (!to.has_space_for(said)) {
    if (options_.slow != slow_policy::drop_oldest || to.queue_.empty()) {
      to.count_dropped();
      return;
    }
    to.drop_oldest();
  }
  to.push(std::move(said));
}

void room::finish() {
  finished_ = true;
  for (const auto& [number, who] : members_) who->arrived_.notify();
}

void room::put_out(room_member& slow) {
  slow.put_out_ = true;
  slow.arrived_.notify();
  slow.end_.notify();
  slow.space_.notify();
}

}  // namespace ahoy::inline v0
