#pragma once
#include <ahoy/address/endpoint.hpp>
#include <ahoy/engine/engine.hpp>
#include <ahoy/task/task.hpp>

#include <functional>
#include <optional>
#include <string>

namespace ahoy::inline v0 {

/// Work that a person may wait for.
struct awaited_work {
  std::function<task<>()> run;
  endpoint to;                    ///< the server: what an error says of it may need advice
  bool has_login = true;          ///< whether we say who we are; the same
  duration timeout = no_timeout;  ///< of all of it
  std::string verb = "talk to";   ///< what it is, for the error that time ran out
  std::string label;  ///< the server's URL, escaped: of that error, and of the bar that shows how far it is,
                      ///< on a terminal, after a second
  std::function<double()> share;  ///< how far it is, from 0 to 1; empty: no bar
};

/// Runs it to its end, or until SIGINT or SIGTERM: that one's number, for who then puts everything away and
/// ends by it. Throws what the work throws, with advice, and timed_out.
[[nodiscard]] std::optional<int> run_until_signal(engine& by, const awaited_work& work);

}  // namespace ahoy::inline v0
