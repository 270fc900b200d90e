#pragma once
#include <ahoy/command/json.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <list>
#include <string>
#include <string_view>
#include <unordered_map>

namespace ahoy::inline v0 {

/// What a listener has to tell while its reader is slow: bounded, whatever callers do. Messages wait with
/// their callers, for has_room(). An event cannot: beyond the limit a join waits here for as long as its
/// caller is here, a caller that has gone by then is only counted, and so is every other event. The leave of
/// a caller whose join was told is always told. So what waits is bounded by the limit and by who is here, the
/// reader learns of everybody who is, and of how many it has not heard.
class report_queue {
 public:
  using caller = const void*;  ///< tells one from another; never looked into

  explicit report_queue(std::size_t most) noexcept : most_{most} {}

  /// For a message, which comes after the joins that wait.
  [[nodiscard]] bool has_room() const noexcept { return has_space() && joins_.empty(); }
  void add(std::string_view line) { lines_ += line; }

  void join(caller who, std::string line);
  void leave(caller who, std::string_view line);
  /// Busy and drop.
  void add_or_count(json_event kind, std::string_view line);

  /// All that may be written next; what waited for room, and the number of what was not told, moves up.
  /// Nothing is lost where memory runs out meanwhile; then what is taken may be empty.
  [[nodiscard]] std::string take(std::chrono::system_clock::time_point now);
  [[nodiscard]] bool empty() const noexcept { return lines_.empty() && joins_.empty() && !has_counts(); }
  /// Bytes that wait, those of joins included.
  [[nodiscard]] std::size_t size() const noexcept { return lines_.size() + joins_size_; }

 private:
  struct waiting_join {
    caller who;
    std::string line;
  };
  [[nodiscard]] bool has_space() const noexcept { return lines_.size() <= most_; }
  [[nodiscard]] bool has_counts() const noexcept {
    return missed_callers_ + missed_busy_ + missed_drops_ > 0;
  }
  [[nodiscard]] std::string missed_in_words() const;
  void tell_missed(std::chrono::system_clock::time_point now);
  void move_joins_up();

  std::size_t most_;
  std::string lines_;
  std::list<waiting_join> joins_;  // in the order in which they came
  std::unordered_map<caller, std::list<waiting_join>::iterator> join_of_;
  std::size_t joins_size_ = 0;
  std::uint64_t missed_callers_ = 0, missed_busy_ = 0, missed_drops_ = 0;
};

}  // namespace ahoy::inline v0
