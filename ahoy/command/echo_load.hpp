#pragma once
#include <ahoy/command/datagram_exchange.hpp>
#include <ahoy/command/echo_pattern.hpp>
#include <ahoy/command/load_result.hpp>
#include <ahoy/command/options.hpp>
#include <ahoy/command/tls_choice.hpp>
#include <ahoy/connection/connection.hpp>
#include <ahoy/error/error.hpp>
#include <ahoy/task/task.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

namespace ahoy::inline v0 {

/// Sends to a server, and compares what it sends back. Each connection (of `connect`, each of so many that
/// are at work at once) has its share of the count, and ends at its first error; a datagram that is lost ends
/// nothing.
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
  [[nodiscard]] task<std::unique_ptr<connection>> call() const;
  task<> open_one(std::size_t number, std::uint64_t share);
  task<> exchange(talk& with);
  task<> exchange_datagrams(datagram_exchange& with);
  task<> connect_and_close(std::size_t number);
  task<> connect_once(std::size_t number);
  task<> run_connections(context& timed);
  task<> run_exchanges(context& timed);
  [[nodiscard]] std::uint64_t share_of(std::size_t number) const noexcept;
  [[nodiscard]] bool is_of_datagrams() const noexcept;
  [[nodiscard]] bool is_over() const noexcept;
  void note(const error& why, bool was_answered);

  engine& by_;
  const bench_options& plan_;
  std::optional<tls_choice> believed_;  // of tls
  context* whole_ = nullptr;            // whose end is no end of ours
  echo_pattern pattern_;
  std::vector<std::unique_ptr<talk>> talks_;
  std::vector<std::unique_ptr<datagram_exchange>> datagrams_;
  load_result result_;
  latencies unused_;  // of the exchanges where connections are timed
  time_point begun_{};
  time_point due_ = no_deadline;
};

}  // namespace ahoy::inline v0
