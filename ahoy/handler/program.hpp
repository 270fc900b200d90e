#pragma once
#include <string>
#include <vector>

#include <ahoy/server/handler.hpp>

namespace ahoy::inline v0 {

/// How a program is started for a caller.
struct program_options {
  program_options() {}
  std::vector<std::string> command;       ///< program, looked for in PATH, and its arguments; no shell
  unsigned long descriptor_limit = 0;     ///< the soft limit that it gets; 0: ours
  bool default_sigpipe = true;            ///< whether a broken pipe ends it, as programs expect
};

/// A program per caller: its standard input and output are the connection, AHOY_PEER and AHOY_LOCAL in its environment
/// say who speaks with whom. A stream's socket is handed over as it is; datagrams are passed on through a socket that
/// keeps their borders. The caller has left when the program has ended; a conversation that is cut ends the program.
class program final : public handler {
 public:
  explicit program(program_options options) : options_{std::move(options)} {}
  task<> serve(connection& peer) override;

 private:
  program_options options_;
};

}  // namespace ahoy::inline v0
