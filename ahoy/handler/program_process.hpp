#pragma once
#include <ahoy/connection/connection.hpp>

#include <sys/types.h>

#include <mutex>
#include <string>
#include <unordered_set>
#include <utility>

namespace ahoy::inline v0 {

/// The category of how a program ended that failed; its values are those that waitpid(2) gives: "its program
/// ended with status 3", "its program was ended by SIGKILL (killed)".
[[nodiscard]] const std::error_category& program_category() noexcept;

/// A child that has been forked, before anything can wait for it.
struct started {
  started(pid_t child, fd pidfd) : number{child}, handle{std::move(pidfd)} {}
  pid_t number;
  fd handle;  ///< pidfd_open(2)
};

/// A running child that serves a caller, with its process group: what is left of that when the child has
/// ended is killed. It has to be waited for, or ended.
class program_process {
 public:
  /// Those that run, on whatever threads.
  class set {
   public:
    /// All that have a socket in their hands see the end of their input once they have read what has come by
    /// now, and so does each that starts after this.
    void end() noexcept;
    [[nodiscard]] bool is_ending() noexcept;

   private:
    friend class program_process;
    std::mutex mutex_;  // also of what those in it are told, and of the moment when they are no more
    std::unordered_set<program_process*> running_;
    bool ending_ = false;
  };

  /// Is in the set as long as it runs. Without a handle (pidfd_open(2)) it is one that has ended already.
  /// `handed` is the socket that is its standard input, or -1 where we pass on to it.
  program_process(set& among, const connection& peer, started child, int handed);
  program_process(const program_process&) = delete;
  program_process& operator=(const program_process&) = delete;
  ~program_process();

  task<> wait();
  /// For one whose conversation was stopped: it is told so by SIGTERM, it and all in its group have 0.1 s,
  /// then they are killed. That is waited for all the same, in a context of its own, while others run.
  task<> end();

  /// Once it has ended: throws error where that was no success; operation_canceled where it was told to end,
  /// and did no more than that.
  void throw_if_failed() const;
  [[nodiscard]] bool has_ended() const noexcept { return ended_; }
  /// Its input was ended before its caller ended it.
  [[nodiscard]] bool had_its_input_ended() const noexcept { return input_ended_; }
  /// The same where something else is the reason why its caller left.
  void log_failure() const;

 private:
  /// Sends SIGTERM to all of the group, once. With the set's mutex held.
  void tell_to_end() noexcept;
  /// With the set's mutex held.
  void end_input() noexcept;
  void kill_group() const noexcept;
  void reap() noexcept;
  [[nodiscard]] bool obeyed() const noexcept;

  set& among_;
  const connection& peer_;
  pid_t number_;
  descriptor handle_;
  int handed_;
  int status_ = 0;
  bool input_ended_ = false;
  bool told_ = false;
  bool ended_;
};

}  // namespace ahoy::inline v0
