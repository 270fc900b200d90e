#pragma once
#include <ahoy/task/context.hpp>
#include <ahoy/task/task.hpp>

#include <concepts>
#include <coroutine>
#include <cstddef>
#include <exception>
#include <vector>

namespace ahoy::inline v0 {

/// Tasks that run side by side on one thread, and end before their scope does:
///
///   context& here = co_await this_context();
///   scope children{here};
///   children.start(one());
///   children.start(another());
///   co_await children.join();
///
/// The first child that throws stops the others, and join() rethrows what it threw.
/// Every scope must be joined before it is destroyed (else the program is terminated: a child would be left
/// behind).
class scope : detail::task_owner {
 public:
  /// Told how children ended that have contexts of their own.
  class follower {
   public:
    /// `thrown`: what it threw, or null. What is started in the scope here is joined too. What this throws
    /// counts as thrown by a child.
    virtual void ended(context& of, std::exception_ptr thrown) = 0;

   protected:
    ~follower() = default;
  };

  explicit scope(context& parent, follower* then = nullptr) noexcept : where_{parent}, follower_{then} {}
  scope(const scope&) = delete;
  scope& operator=(const scope&) = delete;
  ~scope();

  /// Begins at once: when start returns, the child has finished or is suspended. A child may start others.
  void start(task<> work);
  /// The same in a context of its own, below where(): then its failure is no failure of the scope, which has
  /// a follower instead.
  void start(task<> work, context& own);
  /// All of them or, where one cannot be made for want of memory, none: each is there before the first one
  /// runs, which nobody would join else.
  template <std::same_as<task<>>... Tasks>
  void start_all(Tasks... works) {
    (start(std::move(works)), ...);
  }
  void start_all(std::vector<task<>> works) {
    for (task<>& each : works) start(std::move(each));
  }
  /// Ends every wait of the children; join() then takes their operation_canceled as the expected end.
  void stop() noexcept;
  [[nodiscard]] std::size_t size() const noexcept { return running_; }
  [[nodiscard]] context& where() noexcept { return where_; }

  struct join_awaiter {
    scope& children;
    bool await_ready() const noexcept { return children.running_ == 0; }
    void await_suspend(std::coroutine_handle<> joiner) const noexcept { children.joiner_ = joiner; }
    void await_resume() const { children.rethrow(); }
  };
  /// Waits for every child. It cannot be canceled itself: it ends because its children do.
  [[nodiscard]] join_awaiter join() noexcept { return join_awaiter{*this}; }

 private:
  void ended(std::coroutine_handle<> frame, detail::promise_base& how) noexcept override;
  void follow(context& of, std::exception_ptr why) noexcept;
  void failed(std::exception_ptr why) noexcept;
  void rethrow();

  context where_;
  follower* follower_;
  std::size_t running_ = 0;
  std::coroutine_handle<> joiner_;
  std::exception_ptr failure_;
  bool stopped_ = false;  // by its owner, not by its parent
};

/// Runs all side by side until each has ended; the first that throws stops the others.
task<> when_all(std::vector<task<>> works);
/// Runs all side by side until one has ended, stops the others and waits for their end.
task<> when_any(std::vector<task<>> works);

template <class... Works>
[[nodiscard]] std::vector<task<>> tasks(Works... works) {
  std::vector<task<>> list;
  (list.push_back(std::move(works)), ...);
  return list;
}

}  // namespace ahoy::inline v0
