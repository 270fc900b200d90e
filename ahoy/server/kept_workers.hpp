#pragma once
#include <ahoy/server/assignment.hpp>
#include <ahoy/server/handler.hpp>
#include <ahoy/server/options.hpp>
#include <ahoy/server/worker_kinds.hpp>
#include <ahoy/task/scope.hpp>

#include <functional>
#include <memory>
#include <vector>

namespace ahoy::inline v0 {

/// Workers that are there from the start and serve one caller after the other, or, as loops of event, many at
/// a time. One that has died is replaced when a caller needs it. Belongs to the thread of its engine.
class kept_workers {
 public:
  /// Starts one more, at this end of its wire.
  using starter = std::function<std::unique_ptr<worker>(fd wire)>;
  kept_workers(engine& by, std::size_t count, bool serve_many, starter start);
  kept_workers(const kept_workers&) = delete;
  kept_workers& operator=(const kept_workers&) = delete;

  /// Starts all. Throws error.
  void start();
  /// Entrusts a caller to who has the least to do; who is told when the assignment begins. Throws error where
  /// the system has no more. Of a worker that dies before it has taken the caller, another takes its place.
  [[nodiscard]] std::unique_ptr<assignment> engage(order what);
  /// Those who are here serve whom they have, and end; callers that come are served by others, who are made
  /// of what this process is by now.
  void renew();
  /// Waits for the end of all. Nobody may be served any more.
  task<> close();

 private:
  struct member;
  class duty;
  std::shared_ptr<member> choose();
  std::shared_ptr<member> hire();
  task<> attend(std::shared_ptr<member> to);
  static void dismiss_if_idle(member& leaving);
  static void heed(member& of, report&& said);
  void bury(const std::shared_ptr<member>& gone, std::string_view why) noexcept;
  task<> tell(member& whom, const order& what);

  engine& by_;
  const std::size_t count_;
  const bool serve_many_;
  const starter start_;
  context apart_;  // workers are waited for whatever becomes of the server
  scope attendants_{apart_};
  std::vector<std::shared_ptr<member>> members_;
  event changed_;
};

}  // namespace ahoy::inline v0
