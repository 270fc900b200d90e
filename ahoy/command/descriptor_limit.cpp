#include <ahoy/command/descriptor_limit.hpp>

#include <sys/resource.h>

namespace ahoy::inline v0 {
namespace {

rlimit inherited{};
bool is_raised = false;

}  // namespace

void raise_descriptor_limit() noexcept {
  rlimit limit{};
  if (is_raised || ::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == limit.rlim_max) return;
  inherited = limit;
  limit.rlim_cur = limit.rlim_max;
  is_raised = ::setrlimit(RLIMIT_NOFILE, &limit) == 0;
}

void restore_descriptor_limit() noexcept {
  if (is_raised) static_cast<void>(::setrlimit(RLIMIT_NOFILE, &inherited));
}

}  // namespace ahoy::inline v0
