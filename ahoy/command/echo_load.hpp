#pragma once
#include <ahoy/command/latencies.hpp>
#include <ahoy/command/options.hpp>
#include <ahoy/connection/connection.hpp>
#include <ahoy/error/error.hpp>
#include <ahoy/task/task.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ahoy::inline v0 {

/// What is sent to be sent back: bytes that look random, of which a stream takes one after another from a
/// place of its own, so that what is lost, doubled, out of order, or another connection's, does not compare
/// equal.
class echo_pattern {
 public:
  echo_pattern();
  /// The bytes at `position` of a stream, as many of `size` as are at hand in one piece: at least one.
  [[nodiscard]] std::string_view at(std::uint64_t position, std::size_t size) const noexcept;

 private:
  std::string bytes_;
};

/// What a load came to.
struct load_result {
  latencies times;  ///< of each exchange, or of each connection that was opened, used and closed
  std::uint64_t errors = 0;
  std::optional<error> failure;  ///< the first of them
  duration took{};               ///< without the time in which the first connections were made

  void fail(const error& why);
  [[nodiscard]] double rate() const noexcept;
};

/// Sends to a server, and compares what it sends back. Each connection (of `connect`, each of so many that
/// are at work at once) has its share of the count, and ends at its first error.
class echo_load {
 public:
  /// `plan` must outlive it; of its forms, `models` is as `connect`.
  echo_load(engine& by, const bench_options& plan);
  ~echo_load();

  /// To the end of the plan. What goes wrong with a connection is in the result; throws error where the
  /// context's deadline passes or it is stopped.
  task<> run();
  [[nodiscard]] const load_result& result() const noexcept { return result_; }
  /// From 0 to 1, by the time or by the count, whichever is nearer to its end.
  [[nodiscard]] double progress() const noexcept;

 private:
  class talk;
  task<> open(std::size_t number);
  task<> exchange(talk& with);
  task<> connect_and_close(std::size_t number);
  task<> connect_once(std::size_t number);
  task<> run_connections(context& timed);
  task<> run_exchanges(context& timed);
  [[nodiscard]] std::uint64_t share_of(std::size_t number) const noexcept;
  [[nodiscard]] bool is_over() const noexcept;
  void note(const error& why, bool was_answered);

  engine& by_;
  const bench_options& plan_;
  context* whole_ = nullptr;  // whose end is no end of ours
  echo_pattern pattern_;
  std::vector<std::unique_ptr<talk>> talks_;
  load_result result_;
  latencies unused_;  // of the exchanges where connections are timed
  time_point begun_{};
  time_point due_ = no_deadline;
};

}  // namespace ahoy::inline v0
