#include <ahoy/protocol/leave.hpp>

#include <chrono>
#include <system_error>
#include <utility>

namespace ahoy::inline v0 {

namespace {

constexpr duration longest_farewell = std::chrono::seconds{1};

}  // namespace

task<> leave(engine& by, task<> farewell) {
  try {
    co_await with_deadline(deadline_after(by.now(), longest_farewell), std::move(farewell));
  } catch (const std::system_error&) {  // NOLINT(bugprone-empty-catch): all that was wanted is done
  }
}

}  // namespace ahoy::inline v0
