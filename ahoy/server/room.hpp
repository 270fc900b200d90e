#pragma once
#include <ahoy/connection/connection.hpp>
#include <ahoy/server/observer.hpp>
#include <ahoy/server/room_options.hpp>
#include <ahoy/server/turns.hpp>

#include <deque>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace ahoy::inline v0 {

class room;

/// One caller's place in a room: the queue of what was said to it. It leaves when it is destroyed. The
/// connection and the room must outlive it.
class room_member {
 public:
  using text = std::shared_ptr<const std::string>;

  room_member(room& in, connection& link);
  room_member(const room_member&) = delete;
  room_member& operator=(const room_member&) = delete;
  ~room_member();

  /// Waits until there is something to send: the first of what waits, and as much more as may go out with it,
  /// at most `together` bytes and a quarter of the queue. Empty: nothing will come any more. They count as
  /// waiting, and are kept, until took().
  task<std::vector<text>> next();
  void took();
  static constexpr std::size_t together = 16 * 1024;
  /// Nothing more is to be queued; next() hands out what waits, then ends.
  void leave();
  /// Returns when the room has put the member out, because it was slow.
  task<> until_put_out();

  [[nodiscard]] const std::string& label() const noexcept { return label_; }
  [[nodiscard]] bool was_put_out() const noexcept { return put_out_; }
  [[nodiscard]] std::size_t queued_bytes() const noexcept { return bytes_; }
  [[nodiscard]] std::uint64_t dropped() const noexcept { return dropped_; }

 private:
  friend class room;
  [[nodiscard]] bool has_space_for(const text& said) const noexcept;
  [[nodiscard]] bool is_slow() const noexcept { return slow_ && link_.progress() == progress_when_slow_; }
  void become_slow() noexcept;
  void push(text said);
  void take_together();
  void drop_oldest();
  void count_dropped();
  void tell_dropped();

  room& in_;
  connection& link_;
  const std::uint64_t number_;
  const std::string label_ = link_.label();
  std::deque<text> queue_;
  std::size_t bytes_ = 0;
  std::vector<text> sending_;  // before those of the queue: on their way, and no longer to be dropped
  bool leaving_ = false;
  bool put_out_ = false;
  bool slow_ = false;
  std::size_t awaited_ = 0;  // by so many who have said something
  std::uint64_t progress_when_slow_ = 0;
  std::uint64_t dropped_ = 0, dropped_told_ = 0;
  event arrived_, space_, end_;
};

/// Where callers meet: what one says is queued for the others, each of whom takes it at its own pace. Belongs
/// to the thread of its engine. A full queue makes whoever fills it wait, and after `slow_after` without a
/// byte taken the policy applies to the slow member alone.
class room {
 public:
  room(engine& by, room_options options, observer& told)
      : by_{by}, options_{options}, told_{told}, speaking_{by, 1} {}
  room(const room&) = delete;
  room& operator=(const room&) = delete;

  /// Queues `text` for everybody but `except`. Those who have room for it get it at once; then it waits
  /// for the others, for all of them at once, so that many slow ones hold nobody up for longer than one.
  /// Where several have to wait so, each has its turn: nobody takes the room that another waits for, and one
  /// who always has more to say keeps nobody from being heard.
  task<> say_to_others(const room_member* except, std::string text);
  task<> say_to_all(std::string text) { return say_to_others(nullptr, std::move(text)); }
  /// false: nobody here has this label.
  task<bool> say_to(std::string label, std::string text);

  /// Nobody will be told anything more: next() of every member hands out what waits, then ends.
  void finish();

  [[nodiscard]] bool has(std::string_view label) const noexcept;
  [[nodiscard]] std::size_t size() const noexcept { return members_.size(); }

 private:
  friend class room_member;
  class waiting;
  /// A member that is found again after a wait only if it is still there.
  [[nodiscard]] room_member* find(std::uint64_t number) const noexcept;
  [[nodiscard]] static bool hears(const room_member& who, const room_member* except) noexcept;
  [[nodiscard]] static bool takes_now(const room_member& who, const room_member::text& said) noexcept;
  [[nodiscard]] std::size_t count_full(const room_member* except,
                                       const room_member::text& said) const noexcept;
  std::vector<std::uint64_t> push_to_others(const room_member* except, const room_member::text& said);
  task<> offer(std::uint64_t number, room_member::text said);
  task<> wait_for_space(std::uint64_t number, room_member::text said);
  void push_or_drop(room_member& to, room_member::text said);
  void put_out(room_member& slow);

  engine& by_;
  room_options options_;
  observer& told_;
  std::map<std::uint64_t, room_member*> members_;  // by their numbers, which is as they came
  turns speaking_;
  std::uint64_t last_number_ = 0;
  bool finished_ = false;
};

}  // namespace ahoy::inline v0
