#pragma once
#include <ahoy/handler/program_process.hpp>
#include <ahoy/server/handler.hpp>

#include <string>
#include <vector>

namespace ahoy::inline v0 {

/// How a program is started for a caller.
struct program_options {
  std::vector<std::string> command = {};  ///< program, looked for in PATH, and its arguments; no shell
  /// Run in the child before the program takes over: async-signal-safe calls alone (signal-safety(7)).
  void (*prepare)() noexcept = nullptr;
};

/// A program per caller: its standard input and output are the connection, AHOY_PEER and AHOY_LOCAL in its
/// environment say who speaks with whom. A stream's socket is handed over as it is, unless the connection
/// has a timeout; else what is said is passed on, datagrams through a socket that keeps their borders. The
/// caller has left when the program has ended; where that was with another status than 0, or by a signal,
/// serve() throws this (see program_category()). A conversation that is cut ends the program. What it leaves
/// behind in its process group is killed when it has ended.
class program final : public handler {
 public:
  /// Throws error, verb "run", where there is no such program now, or it may not be executed.
  explicit program(program_options options);
  task<> serve(connection& peer) override;
  /// Programs that run see the end of their input, after what has come; no other is started. One that then
  /// goes on until its conversation is cut gets SIGTERM, and its group with it.
  void end() override;

 private:
  program_options options_;
  program_process::set running_;
};

}  // namespace ahoy::inline v0
