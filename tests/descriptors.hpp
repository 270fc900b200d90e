#pragma once
#include <sys/resource.h>

/// For tests that take all descriptors away. UBSan asks through a pipe whether an object is readable, and
/// without descriptors takes all for broken: such tests stand between #if !AHOY_IS_SANITIZED and #endif.
#ifdef __has_feature
#define AHOY_IS_SANITIZED __has_feature(address_sanitizer)
#else
#define AHOY_IS_SANITIZED 0
#endif

namespace ahoy_test {

/// While it exists nothing else can be opened; what is open stays so. The descriptors below `left` may be
/// free.
class few_descriptors {
 public:
  explicit few_descriptors(rlim_t left = 1) {
    ::getrlimit(RLIMIT_NOFILE, &before_);
    const rlimit few{left, before_.rlim_max};
    ::setrlimit(RLIMIT_NOFILE, &few);
  }
  few_descriptors(const few_descriptors&) = delete;
  few_descriptors& operator=(const few_descriptors&) = delete;
  ~few_descriptors() { ::setrlimit(RLIMIT_NOFILE, &before_); }

 private:
  rlimit before_{};
};

}  // namespace ahoy_test
