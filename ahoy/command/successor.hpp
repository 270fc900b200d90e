#pragma once
#include <ahoy/address/endpoint.hpp>
#include <ahoy/engine/engine.hpp>
#include <ahoy/server/listening_socket.hpp>

#include <sys/types.h>

#include <optional>
#include <span>
#include <string>

namespace ahoy::inline v0 {

/// The process that takes a listener's place: the program that the listener was started from, as it is on the
/// disk by now, with the same words. It inherits what is listened on (see inheritance), and the standard
/// streams; nothing else.
class successor {
 public:
  /// What it shall find in its environment besides, as "NAME=VALUE"; empty: nothing.
  successor(engine& by, std::string variable);
  ~successor();
  successor(const successor&) = delete;
  successor& operator=(const successor&) = delete;

  /// Returns when it serves. Throws error where it could not, or took too long: then it has been ended.
  task<> start(std::span<const listening_socket> sockets, std::span<const endpoint> on);
  [[nodiscard]] pid_t number() const noexcept { return number_; }
  /// Of one that serves: it is ended all the same, since nobody is to be served any more.
  void dismiss() noexcept { serves_ = false; }
  /// To one that serves: what this process was sent in its place.
  void pass_on(int signal) noexcept;
  /// Of one that serves: returns when it has ended, and in words how; empty: well, perhaps since it has a
  /// successor of its own.
  task<std::string> ended();

 private:
  task<bool> hear_ready(descriptor& from);
  task<> await_end(duration most);
  [[noreturn]] void fail_to_watch(int why);
  std::string reap() noexcept;

  engine& by_;
  const std::string variable_;
  std::optional<descriptor> handle_;  // by which its end is heard of
  pid_t number_ = -1;
  bool serves_ = false;
};

/// To the listener that this process succeeds: it serves.
void tell_ready(int listener) noexcept;

}  // namespace ahoy::inline v0
