#pragma once
#include <ahoy/connection/security.hpp>
#include <ahoy/engine/blocking.hpp>
#include <ahoy/server/assignment.hpp>
#include <ahoy/server/handler.hpp>
#include <ahoy/server/worker_kinds.hpp>
#include <ahoy/task/scope.hpp>

#include <memory>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace ahoy::inline v0 {

/// Workers that are started for one caller each, and end with it: what they cost is what a caller costs, so
/// they have neither a wire nor an engine nor, mostly, a bell to make. A process is given its order by the
/// fork, a thread as an argument. Over a wire that is everybody's go the lines that they log, how a thread's
/// work ended, and how a process's did where its end alone does not say so: it ended well, but its
/// conversation did not, or nobody is told how children end (children_vanish()). Belongs to the thread of its
/// engine.
class own_workers {
 public:
  /// As `how` is at the time, where they are processes. Throws error.
  own_workers(engine& by, handler& how, const security* tls = nullptr);
  own_workers(const own_workers&) = delete;
  own_workers& operator=(const own_workers&) = delete;

  /// Starts one for this caller. Throws error where the system has no more.
  [[nodiscard]] std::shared_ptr<assignment> engage_thread(order what);
  [[nodiscard]] std::shared_ptr<assignment> engage_process(const start_of_process& as, order what);
  /// Waits for the end of all. Nobody may be served any more.
  task<> close();

 private:
  class by_thread;
  class by_process;
  class kept_bell;
  struct leaving {
    std::unique_ptr<blocking_engine> by;
    std::unique_ptr<worker> who;  // goes first, and is joined
  };
  void sweep();
  void leave(std::unique_ptr<blocking_engine> by, std::unique_ptr<worker> who) noexcept;
  void hear();
  task<> hear_reports();
  void heed(report&& said);
  static void heed_of(auto& job, report&& said);
  void hear_what_is_there();
  std::unique_ptr<blocking_engine> spare_engine();

  engine& by_;
  handler& how_;
  const security* tls_;
  std::pair<fd, fd> wire_ = open_wire();  // ours, and that of all workers
  descriptor reports_;
  const bool has_to_be_told_;  // nobody would know how a process ended
  context apart_;              // reports are heard whatever becomes of the server
  scope hearing_{apart_};
  std::unordered_map<std::uint64_t, by_thread*> threads_;
  std::unordered_map<std::uint64_t, by_process*> processes_;
  std::vector<leaving> leaving_;                           // threads that have reported, and end in a moment
  std::vector<std::unique_ptr<blocking_engine>> engines_;  // of threads that have ended, for the next
  std::vector<fd> bells_;                                  // for the next, while others are in use
  std::size_t bells_in_use_ = 0;
  blocking_engine engine_of_processes_;  // each has a copy
};

}  // namespace ahoy::inline v0
