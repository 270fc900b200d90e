#pragma once
#include <ahoy/engine/engine.hpp>
#include <ahoy/task/task.hpp>

#include <string>

namespace ahoy::inline v0 {

/// Returns when the first record of a caller that has to begin TLS has come, whole, to a TCP socket: it stays
/// there, for who reads it. So whoever is silent, or goes on byte by byte, holds up no worker. `label` is
/// what errors call the caller. Throws error: handshake_failed where it says something else or ends,
/// timed_out.
task<> await_first_record(descriptor& caller, std::string label, time_point due);

}  // namespace ahoy::inline v0
