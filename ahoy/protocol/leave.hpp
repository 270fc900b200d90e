#pragma once
#include <ahoy/engine/engine.hpp>
#include <ahoy/task/task.hpp>

namespace ahoy::inline v0 {

/// Says goodbye, and gives the server a second to answer, whatever comes of that: for protocols in which
/// nothing hangs on it once all that was wanted is done.
task<> leave(engine& by, task<> farewell);

}  // namespace ahoy::inline v0
