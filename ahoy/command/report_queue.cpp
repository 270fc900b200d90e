#include <ahoy/command/report_queue.hpp>

#include <fmt/format.h>

#include <iterator>
#include <new>
#include <utility>

namespace ahoy::inline v0 {

namespace {

std::string counted(std::uint64_t number, std::string_view one, std::string_view many) {
  return number == 0 ? std::string{} : fmt::format(", {} {}", number, number == 1 ? one : many);
}

}  // namespace

void report_queue::join(caller who, std::string line) {
  if (has_room()) return add(line);
  joins_size_ += line.size();
  joins_.push_back({who, std::move(line)});
  join_of_[who] = std::prev(joins_.end());
}

void report_queue::leave(caller who, std::string_view line) {
  const auto waiting = join_of_.find(who);
  if (waiting == join_of_.end()) return add(line);
  joins_size_ -= waiting->second->line.size();
  joins_.erase(waiting->second);
  join_of_.erase(waiting);
  ++missed_callers_;
}

void report_queue::add_or_count(json_event kind, std::string_view line) {
  if (has_room())
    add(line);
  else
    ++(kind == json_event::busy ? missed_busy_ : missed_drops_);
}

std::string report_queue::take(std::chrono::system_clock::time_point now) {
  std::string taken = std::exchange(lines_, {});
  try {
    tell_missed(now);
    move_joins_up();
  } catch (const std::bad_alloc&) {
    // They wait for the next time.
  }
  return taken;
}

/// As a drop event that comes from nobody.
void report_queue::tell_missed(std::chrono::system_clock::time_point now) {
  if (!has_counts()) return;
  add(json_line(json_event::drop, now, "", missed_in_words()));
  missed_callers_ = missed_busy_ = missed_drops_ = 0;
}

std::string report_queue::missed_in_words() const {
  std::string words = counted(missed_callers_, "caller that came and left", "callers that came and left");
  words += counted(missed_busy_, "caller that was told busy", "callers that were told busy");
  words += counted(missed_drops_, "drop of messages", "drops of messages");
  return "not told, since nobody read: " + words.substr(2);
}

void report_queue::move_joins_up() {
  while (!joins_.empty() && has_space()) {
    add(joins_.front().line);
    joins_size_ -= joins_.front().line.size();
    join_of_.erase(joins_.front().who);
    joins_.pop_front();
  }
}

}  // namespace ahoy::inline v0
