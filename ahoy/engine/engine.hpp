#pragma once
#include <ahoy/address/host.hpp>
#include <ahoy/address/lookup.hpp>
#include <ahoy/address/port.hpp>
#include <ahoy/engine/buffer.hpp>
#include <ahoy/engine/operation.hpp>
#include <ahoy/task/task.hpp>

#include <cerrno>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace ahoy::inline v0 {

/// The one seam between what talks and what carries it out: time, sockets, names. An engine belongs to the
/// thread that runs it, and so does everything that was made with it. Errors come as std::error_code values
/// of the system category; a stop is operation_canceled, a deadline timed_out.
class engine {
 public:
  engine() = default;
  engine(const engine&) = delete;
  engine& operator=(const engine&) = delete;
  virtual ~engine() = default;

  [[nodiscard]] virtual std::string_view name() const noexcept = 0;
  /// Completes the operation now (true), or resumes its coroutine later from run() (false).
  virtual bool submit(operation& asked) = 0;
  /// Tries to send without a send_operation, which most sends then need not be; else one has to send what is
  /// left.
  virtual tried send_at_once(descriptor& /*to*/, outgoing& /*what*/, const context& /*where*/) {
    return tried::no;
  }
  /// Makes a pending operation complete with ECANCELED, later, from run(). Does nothing to one that is
  /// complete.
  virtual void cancel(operation& pending) noexcept = 0;
  /// Completes a pending `park`: its coroutine is resumed later, from run().
  virtual void complete(operation& parked, int error) noexcept = 0;
  /// Forgets a descriptor that is about to be closed. No operation may be pending on it (asserted).
  virtual void forget(descriptor& closing) noexcept = 0;
  /// Who was accepted at this listener ahead of an accept that asks for it, and who has called while that was
  /// being ended; from now on nobody is, until the next one asks. No accept may be pending. May wait a moment
  /// for the kernel.
  [[nodiscard]] virtual std::vector<accepted_caller> take_accepted(descriptor&) { return {}; }
  /// How many bytes it has taken from a socket that no receive was given yet.
  [[nodiscard]] virtual std::size_t held(const descriptor&) const noexcept { return 0; }
  /// The time, as of this turn of the loop.
  [[nodiscard]] virtual time_point now() const noexcept = 0;
  /// An errno value where nothing may be done in this context any more; else 0. A deadline is looked at, too,
  /// since one who always has something to do never waits.
  [[nodiscard]] int why_over(const context& where) const noexcept {
    if (where.stopped()) [[unlikely]]
      return ECANCELED;
    return where.deadline() != no_deadline && where.deadline() <= now() ? ETIMEDOUT : 0;
  }
  /// The time of day.
  [[nodiscard]] virtual std::chrono::system_clock::time_point time_of_day() const {
    return std::chrono::system_clock::now();
  }
  /// Runs the task, and all that it waits for, to its end on the calling thread; throws what it throws.
  virtual void run(task<> root) = 0;
  /// Looks a name up without holding up anybody else. Throws error with host_not_found or service_not_found.
  virtual task<std::vector<address>> resolve(host name, port service, family wanted, socket_type type,
                                             lookup_use use) = 0;

  [[nodiscard]] buffer_pool& buffers() noexcept { return buffers_; }

  /// Why it is none of the engines that were preferred to it; empty where it is what was asked for.
  [[nodiscard]] const std::string& reason() const noexcept { return reason_; }
  void set_reason(std::string why) { reason_ = std::move(why); }

  class sleep_awaiter : public park_operation {
   public:
    sleep_awaiter(ahoy::engine& clockwork, duration length) noexcept : park_operation{clockwork} {
      timeout = length;
    }
    void await_resume() const;
  };
  /// `co_await engine.sleep(2s);` throws operation_canceled if the context stops, timed_out at its deadline.
  [[nodiscard]] sleep_awaiter sleep(duration length) noexcept { return {*this, length}; }
  /// `auto revents = co_await engine.ready(file, POLLIN);`: as poll(2), at once where it is ready already.
  /// Regular files always are.
  [[nodiscard]] ready_operation ready(descriptor& on, short events) const noexcept { return {&on, events}; }
  /// The same for what may be noticed late (see operation::unhurried).
  [[nodiscard]] unhurried_ready_operation ready_unhurried(descriptor& on, short events) const noexcept {
    return {&on, events};
  }

 private:
  buffer_pool buffers_;
  std::string reason_;
};

/// Something that others wait for, on one thread. notify() wakes everybody who waits at that moment, in the
/// order in which they came, so that who has to wait again keeps its place.
class event {
 public:
  explicit event(engine& by) noexcept : engine_{by} {}
  event(const event&) = delete;
  event& operator=(const event&) = delete;
  ~event();

  class awaiter : public park_operation {
   public:
    awaiter(event& of, duration limit) noexcept : park_operation{of.engine_}, of_{of} { timeout = limit; }
    ~awaiter() { unlink(); }
    /// false: the limit passed first. Throws operation_canceled, and timed_out at the context's deadline.
    bool await_resume() const;

   private:
    friend class event;
    bool submit() override;
    void unlink() noexcept;
    event& of_;
    awaiter* next_ = nullptr;
    awaiter** link_ = nullptr;
  };
  [[nodiscard]] awaiter wait(duration limit = no_timeout) noexcept { return {*this, limit}; }
  void notify() noexcept;

 private:
  engine& engine_;
  awaiter* first_ = nullptr;
  awaiter** last_ = &first_;  // where the next one is linked
};

/// Throws an error for an operation's errno value.
void throw_if_failed(int error, std::string_view verb, std::string_view address);

}  // namespace ahoy::inline v0
