#pragma once
#include <ahoy/command/datagram_route.hpp>
#include <ahoy/command/echo_pattern.hpp>
#include <ahoy/command/load_result.hpp>
#include <ahoy/command/options.hpp>
#include <ahoy/task/scope.hpp>

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>

namespace ahoy::inline v0 {

/// Datagrams that are to come back, through one socket. Each is led by its number, so that they may come back
/// in any order. One that does not within a second is lost: that is an error, and another takes its place.
class datagram_exchange {
 public:
  static constexpr std::size_t shortest = 8;     ///< what the number takes
  static constexpr std::size_t longest = 65507;  ///< what a datagram over IPv4 holds

  /// Where in the plan it stands: which of its sockets this is, how many exchanges are its own, and when all
  /// is over. Pattern, plan and `due` must outlive it.
  datagram_exchange(engine& by, const echo_pattern& pattern, const bench_options& plan, datagram_route over,
                    std::size_t number, std::uint64_t share, const time_point& due)
      : pattern_{pattern},
        plan_{plan},
        over_{std::move(over)},
        answered_event_{by},
        share_{share},
        due_{due},
        origin_{number * 7919} {}  // any prime: no two neighbours are at the same place

  /// To the end of its share, or of the time, and of what is under way then. `result` gets what each took,
  /// and each that was lost. Throws error where nobody is there (ICMP), and where something else comes back.
  task<> run(load_result& result);

 private:
  struct question {
    time_point begun;
    bool is_answered = false;
  };

  task<> speak();
  task<> fill();
  task<> send();
  task<> hear();
  task<datagram> receive();
  void take(std::string_view answer);
  void settle();
  void compose(std::string& text, std::uint64_t number) const;
  [[noreturn]] void refuse() const;

  const echo_pattern& pattern_;
  const bench_options& plan_;
  datagram_route over_;
  event answered_event_;
  std::uint64_t share_;
  const time_point& due_;
  std::uint64_t origin_;  // of the first datagram, in the pattern
  load_result* result_ = nullptr;
  scope* both_ = nullptr;
  std::deque<question> under_way_;  // the oldest first, up to the first that is neither answered nor lost
  std::uint64_t settled_ = 0;       // how many were before those
  std::size_t waiting_ = 0;         // of those under way, for an answer
  std::string sent_, expected_;
};

}  // namespace ahoy::inline v0
